"""How do other systems learn the messages? JSON Schema and AsyncAPI 3, made from the models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from schemas.envelope import CloudEvent
from schemas.topics import TOPICS, Topic

DIRECTORY = Path(__file__).parent / "generated"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_type(model: type[CloudEvent]) -> str:
    """The CloudEvents type of a model, such as `volunteer.hours.recorded.v1`."""
    return str(model.model_fields["type"].default)


def documents() -> Mapping[str, str]:
    """File name → text of every generated document."""
    texts = {
        f"{event_type(model)}.schema.json": json.dumps(
            _json_schema(model), ensure_ascii=False, indent=2
        )
        + "\n"
        for topic in TOPICS
        for model in topic.events
    }
    texts["asyncapi.yaml"] = yaml.safe_dump(
        _asyncapi(), allow_unicode=True, sort_keys=False, width=100
    )
    return texts


def write(directory: Path) -> list[Path]:
    """Write every document below `directory`, and remove generated ones that no model has."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = documents()
    for stale in directory.glob("*.schema.json"):
        if stale.name not in texts:
            stale.unlink()
    paths = []
    for name, text in texts.items():
        path = directory / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _json_schema(model: type[CloudEvent]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation")
    required = {"specversion", "type", *schema["required"]}
    schema["required"] = [name for name in schema["properties"] if name in required]
    return {"$schema": _DIALECT, **schema}


def _asyncapi() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "volunteer-ledger",
            "version": "1.0.0",
            "description": "Volunteer hours, star levels and points as CloudEvents 1.0 on Kafka.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {_operation_id(topic): _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {
                event_type(model): {
                    "name": event_type(model),
                    "title": model.__name__,
                    "summary": (model.__doc__ or "").strip().splitlines()[0],
                    "contentType": "application/cloudevents+json",
                    "payload": {
                        "schemaFormat": "application/schema+json;version=draft-2020-12",
                        "schema": {"$ref": f"./{event_type(model)}.schema.json"},
                    },
                }
                for topic in TOPICS
                for model in topic.events
            }
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.description}. Key: {topic.key}.",
        "messages": {
            model.__name__: {"$ref": f"#/components/messages/{event_type(model)}"}
            for model in topic.events
        },
    }


def _operation_id(topic: Topic) -> str:
    verb = "receive" if topic.received else "send"
    return f"{verb}.{topic.name}"


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "receive" if topic.received else "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": topic.description,
    }
