"""How is a table given as a file? As CSV or XLSX, as the address or the Accept header says."""

from typing import Any, Literal
from urllib.parse import quote

from fastapi import Request, Response

from ledger.sheets import Sheet, as_csv, as_xlsx

Format = Literal["csv", "xlsx"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}

FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}, XLSX: {}}, "description": "The table"}
}
"""What the OpenAPI document says of an answer that is a file."""


def wanted(request: Request) -> Format | None:
    """Which file the Accept header asks for; None for JSON."""
    accept = request.headers.get("accept", "")
    if "text/csv" in accept:
        return "csv"
    return "xlsx" if XLSX in accept else None


def download(sheet: Sheet, form: Format, name: str) -> Response:
    """The table as a file of that name."""
    content = as_csv(sheet) if form == "csv" else as_xlsx([sheet])
    return attached(content, TYPES[form], f"{name}.{form}")


def attached(content: bytes, media_type: str, name: str) -> Response:
    """Octets as a file of that name."""
    told = f"attachment; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": told, "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
