"""How does a program in Python send files in and fetch exports? `Exchange(client)`."""

from pathlib import Path
from typing import TypeVar

import httpx
from pydantic import BaseModel

from ledger.api.exchange_shapes import ExportAsked, ImportShown, MappingShown, ReconciledShown
from ledger.client.part import Part

PATIENCE = 600
"""Seconds until an answer, at most: the largest file takes a minute or two."""

CSV = "text/csv"

Answer = TypeVar("Answer", bound=BaseModel)


class Exchange(Part):
    """数据交换. `meant`: mapping (its name) or own (its text), kind, place, as the form has them.

    A file is read whole, to be sent again where that is needed: it changes nothing twice.
    """

    def mappings(self) -> list[MappingShown]:
        return list(self._ledger.listed(MappingShown, "/v1/exchange/mappings"))

    def check(self, file: Path, **meant: str) -> ImportShown:
        """What an import would do, row by row."""
        return self._sent(ImportShown, "check", file, meant)

    def to_mend(self, file: Path, **meant: str) -> bytes:
        """The rows to mend, as CSV. ApiProblem 404: there are none."""
        return self._request("check", file, meant, CSV).content

    def bring_in(self, file: Path, **meant: str) -> ImportShown:
        return self._sent(ImportShown, "import", file, meant)

    def reconcile(self, file: Path, **meant: str) -> ReconciledShown:
        """`meant`: since and until (days), too."""
        return self._sent(ReconciledShown, "reconcile", file, meant)

    def export(self, asked: ExportAsked) -> bytes:
        body = asked.model_dump(mode="json", exclude_unset=True)
        path = "/v1/exchange/export"
        return self._ledger.request("POST", path, json=body, timeout=PATIENCE).content

    def _sent(self, shape: type[Answer], to: str, file: Path, meant: dict[str, str]) -> Answer:
        return shape.model_validate_json(self._request(to, file, meant).content)

    def _request(
        self, to: str, file: Path, meant: dict[str, str], accept: str = "application/json"
    ) -> httpx.Response:
        return self._ledger.request(
            "POST",
            f"/v1/exchange/{to}",
            files={"file": (file.name, file.read_bytes())},
            data=meant,
            headers={"Accept": accept},
            timeout=PATIENCE,
        )
