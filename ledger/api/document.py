"""What does the API offer, for programs to read? `python -m ledger.api.document` writes it anew."""

from pathlib import Path

import orjson

from ledger.api.app import described

FILE = Path(__file__).parents[1] / "web" / "openapi.json"
"""From here `npm run api` makes the types that the pages are checked by."""


def document() -> bytes:
    """The OpenAPI document as JSON text."""
    said = orjson.dumps(described().openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return said + b"\n"


if __name__ == "__main__":
    FILE.write_bytes(document())
