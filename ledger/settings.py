"""What can be set from the environment? Every setting is a variable `VLEDGER_…`."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings by environment variable; options of a command go before them."""

    model_config = SettingsConfigDict(env_prefix="VLEDGER_", extra="ignore")

    db: str = Field("sqlite:///vledger.db", description="Database URL")
    read_db: str = Field(
        "", description="URL of a replica that queries are asked of; empty: the database itself"
    )
    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma separated")
    kafka_ca: str = Field("", description="Certificates (PEM) that Kafka's brokers are trusted by")
    kafka_cert: str = Field("", description="This client's certificate (PEM): mutual TLS")
    kafka_cert_key: str = Field("", description="Its private key (PEM), if in another file")
    kafka_user: str = Field("", description="User of Kafka (SASL), instead of a certificate")
    kafka_sasl: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_password_file: Path | None = Field(None, description="File with that user's password")
    policy: str = Field(
        "", description="Policy file that a new ledger begins with; empty: national-ladder"
    )
    key: Path = Field(
        Path("vledger.key"), description="Private key that the ledger signs with; made if missing"
    )
    signatures: Literal["enrolled", "required"] = Field(
        "enrolled",
        description="Who has to sign: enrolled devices, or all that send attendance and requests",
    )
    checkpoint_hours: int = Field(
        24, ge=0, description="After which a worker signs a new checkpoint; 0: never"
    )
    vault: str = Field(
        "sqlite:///vledger-vault.db", description="URL of the identity vault's own database"
    )
    vault_key: Path = Field(
        Path("vledger-vault.key"), description="Master key of the identity vault; made if missing"
    )
    vault_rules: str = Field(
        "", description="Rules of what is kept of a person and how long; empty: the built-in ones"
    )
    orders: str = Field(
        "", description="How long each step of a resident's order may take; empty: as built in"
    )
    font: str = Field("", description="CJK font (TTF or OTF) that certificates are printed with")
    certificate_prefix: str = Field(
        "ZM", pattern=r"^[A-Z0-9-]{1,24}$", description="How the numbers of certificates begin"
    )
    certificate_issuer: str = Field(
        "",
        description="Whose certificates volunteers print for themselves 出具主体; empty: nobody's",
    )
    certificate_head: str = Field("", description="负责人 on these")
    certificate_handler: str = Field("", description="经办人 on these")
    certificate_contact: str = Field("", description="联系方式 on these")
    status_list: str = Field(
        "", description="Address at which the list of revoked certificates is published"
    )
    place: str = Field(
        "000000000000",
        pattern=r"^\d{12}$",
        description="The area that this ledger is for; rights over all of it are granted there",
    )
    oidc_issuer: str = Field(
        "", description="Identity provider of the people (OpenID Connect); empty: there is none"
    )
    oidc_client: str = Field("vledger", description="What the command is called there")
    oidc_audience: str = Field(
        "volunteer-ledger", description="Whom its access tokens have to be meant for"
    )
    oidc_scope: str = Field(
        "openid profile", description="What a login asks for; some want offline_access to renew it"
    )
    batch: int = Field(5000, ge=1, le=50_000, description="Events in one transaction, at most")
    group: str = Field("vledger", min_length=1, description="Prefix of the Kafka consumer groups")
    topic_prefix: str = Field("", description="Put before every topic's name")
    session_seconds: int = Field(
        10, ge=6, le=60, description="After which a silent worker's partitions go to others"
    )
    serves: Literal["all", "attendance", "redemptions"] = Field(
        "all",
        description="What a worker does: apart, tills do not wait for attendance that is folded",
    )
    metrics: str = Field(
        "", description="HOST:PORT at which a worker answers Prometheus (/metrics); empty: nowhere"
    )
    otlp: str = Field(
        "", description="URL at which a collector takes traces (OTLP over HTTP); empty: none"
    )
    log: Literal["text", "json"] = Field("text", description="How a worker or server logs")
    serve_host: str = Field("127.0.0.1", description="Address that `vledger serve` answers at")
    serve_port: int = Field(8321, ge=0, le=65_535, description="Its port; 0: any that is free")
    public_url: str = Field(
        "", description="How browsers reach it, as https://ledger.example; empty: as they ask"
    )
    rate: str = Field(
        "600/minute", description="How often one person, or address that is nobody's, may ask"
    )
    attempts: str = Field(
        "20/minute", description="How often an address may fail to show who it is"
    )
    session_hours: int = Field(12, ge=1, description="After which a browser has to log in anew")
    partitions: int = Field(6, ge=1, description="Partitions of a topic that is created")
    replication: int = Field(1, ge=1, description="Replicas of a topic that is created")

    @property
    def through_kafka(self) -> bool:
        """Kafka's servers are named: what comes by HTTP goes through it, too."""
        return "kafka" in self.model_fields_set

    def link(self, secret: str) -> str:
        """The address by which a pass lets somebody in.

        The secret is behind the #, so that no browser sends it on its way or keeps it in a log.
        """
        host = f"[{self.serve_host}]" if ":" in self.serve_host else self.serve_host
        return f"{self.public_url.rstrip('/') or f'http://{host}:{self.serve_port}'}/#pass={secret}"

    @property
    def kafka_url(self) -> str:
        """The bootstrap servers as Faust writes them."""
        return ";".join(f"kafka://{server.strip()}" for server in self.kafka.split(","))
