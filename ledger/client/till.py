"""How does a shop's own till software serve somebody? Scan, hold, confirm; nothing is paid twice.

`key` is the till's own number of a basket (of a refund: of that), 8 to 64 letters and digits. What
fails with Unreachable may have been carried out: ask again under the same key, or `find` it.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from ledger.api.till_shapes import (
    BasketShown,
    Customer,
    DayShown,
    ItemOnShelf,
    LineBack,
    LineWanted,
)

if TYPE_CHECKING:
    from ledger.client.client import Client

Answer = TypeVar("Answer", bound=BaseModel)


class Till:
    """A till of one shop. Every method raises ApiProblem and Unreachable."""

    def __init__(self, ledger: "Client", merchant: str) -> None:
        self._ledger = ledger
        self._merchant = merchant

    def shelf(self) -> list[ItemOnShelf]:
        """What the shop sells, at everybody's price."""
        return list(self._ledger.listed(ItemOnShelf, f"/v1/till/{self._merchant}/catalogue"))

    def scan(self, code: str, key: str) -> Customer:
        """Whose code it is, and what they may have; the code is this basket's alone from now on."""
        return self._posted(
            Customer, "/v1/till/scan", key, {"merchant": self._merchant, "code": code}
        )

    def open(
        self,
        code: str,
        key: str,
        lines: Sequence[LineWanted],
        *,
        hold_seconds: int | None = 300,
        all_or_nothing: bool = False,
    ) -> BasketShown:
        """Hold the lines of a basket; `hold_seconds` None: buy them at once, as vouchers are."""
        wanted: dict[str, Any] = {
            "merchant": self._merchant,
            "code": code,
            "lines": [one.model_dump() for one in lines],
            "hold": hold_seconds is not None,
            "otherwise": "nothing" if all_or_nothing else "rest",
        }
        if hold_seconds is not None:
            wanted["seconds"] = hold_seconds
        return self._posted(BasketShown, "/v1/redemptions", key, wanted)

    def find(self, key: str) -> BasketShown:
        """What became of a basket. ApiProblem 404: nothing was taken under that key."""
        return self._ledger.read(BasketShown, f"/v1/redemptions/{key}")

    def confirm(self, key: str) -> BasketShown:
        return self._posted(BasketShown, f"/v1/redemptions/{key}/confirm")

    def cancel(self, key: str) -> BasketShown:
        return self._posted(BasketShown, f"/v1/redemptions/{key}/cancel")

    def refund(self, basket: str, key: str, lines: Sequence[LineBack] = ()) -> BasketShown:
        """Give back `lines` of a basket, or all of it; `key` is the refund's own."""
        said = {"lines": [one.model_dump(exclude_none=True) for one in lines]}
        return self._posted(BasketShown, f"/v1/redemptions/{basket}/refund", key, said)

    def day(self, day: date) -> DayShown:
        """The shop's day, with a check number: the same for the same day."""
        return self._ledger.read(DayShown, f"/v1/till/{self._merchant}/day/{day.isoformat()}")

    def _posted(
        self, shape: type[Answer], path: str, key: str = "", body: dict[str, Any] | None = None
    ) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self._ledger.request("POST", path, json=body, headers=headers)
        return shape.model_validate_json(answer.content)
