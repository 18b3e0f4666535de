"""What do the parts of a client share that speak for one subject each?"""

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from ledger.client.client import Client

Answer = TypeVar("Answer", bound=BaseModel)


class Part:
    """One subject, asked by a client. What is told under a `key` is done once."""

    def __init__(self, ledger: "Client") -> None:
        self._ledger = ledger

    def _tell(
        self, shape: type[Answer], path: str, key: str, said: BaseModel | None = None
    ) -> Answer:
        """Tell the ledger something: of `said` what was set."""
        body = {} if said is None else said.model_dump(mode="json", exclude_unset=True)
        answer = self._ledger.request(
            "POST", path, json=body, headers={"Idempotency-Key": key} if key else {}
        )
        return shape.model_validate_json(answer.content)
