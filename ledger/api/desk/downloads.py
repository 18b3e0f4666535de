"""How is a table given as a file? As CSV or XLSX, as the address or the Accept header says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from ledger.sheets import Sheet, as_csv, as_xlsx

Format = Literal["csv", "xlsx"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}

MEDIA_TYPES = {
    ".csv": TYPES["csv"],
    ".xlsx": XLSX,
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".zip": "application/zip",
}

PIECE = 1 << 16

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
    return Response(content, media_type=media_type, headers=_headers(name))


def streamed(file: Path, name: str) -> Response:
    """A large file under that name; it may be removed meanwhile, and is closed at the end."""
    stream = file.open("rb")

    def pieces() -> Iterator[bytes]:
        with stream:
            while piece := stream.read(PIECE):
                yield piece

    media_type = MEDIA_TYPES[file.suffix]
    headers = {**_headers(name), "Content-Length": str(file.stat().st_size)}
    return StreamingResponse(pieces(), media_type=media_type, headers=headers)


def _headers(name: str) -> dict[str, str]:
    told = f"attachment; filename*=UTF-8''{quote(name)}"
    return {"Content-Disposition": told, "Cache-Control": "no-store"}
