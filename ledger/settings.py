"""What can be set from the environment? Every setting is a variable `VLEDGER_…`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings by environment variable; options of a command go before them."""

    model_config = SettingsConfigDict(env_prefix="VLEDGER_", extra="ignore")

    db: str = Field("sqlite:///vledger.db", description="Database URL")
    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma separated")
    policy: str = Field("", description="Policy file; empty: national-ladder")
    batch: int = Field(5000, ge=1, le=50_000, description="Events in one transaction, at most")
    group: str = Field("vledger", min_length=1, description="Prefix of the Kafka consumer groups")
    topic_prefix: str = Field("", description="Put before every topic's name")
