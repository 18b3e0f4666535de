"""How is an event of the city written? As text at once: models would take far longer."""

from typing import Any

import orjson


def written(
    kind: str, ident: str, source: str, time: str, subject: str, data: dict[str, Any]
) -> bytes:
    """The event as a line, without its end."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": ident,
            "source": source,
            "type": f"volunteer.{kind}.v1",
            "time": time,
            "subject": subject,
            "datacontenttype": "application/json",
            "data": data,
        }
    )
