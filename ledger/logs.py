"""How do long-running programs write their log? Lines to read, or JSON objects."""

import logging

from pythonjsonlogger.json import JsonFormatter


def log_as(form: str) -> None:
    """Log to standard error, as `text` or `json`."""
    handler = logging.StreamHandler()
    if form == "json":
        names = {"levelname": "level", "name": "logger"}
        fields = "%(levelname)s %(name)s %(message)s"
        handler.setFormatter(
            JsonFormatter(fields, rename_fields=names, timestamp="time", json_ensure_ascii=False)
        )
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
