"""Are the published schemas those of the models, and sound?"""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from schemas.documents import DIRECTORY, documents
from tests.builders import check_in, redeem


def test_the_committed_documents_are_those_of_the_models() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in DIRECTORY.iterdir()}
    assert committed == documents(), "run `vledger schemas` and commit what it wrote"


def test_every_schema_is_valid_and_asyncapi_refers_only_to_what_exists() -> None:
    written = documents()
    for name, content in written.items():
        if name.endswith(".json"):
            Draft202012Validator.check_schema(json.loads(content))
    document = yaml.safe_load(written["asyncapi.yaml"])
    for message in document["components"]["messages"].values():
        assert message["payload"]["schema"]["$ref"].removeprefix("./") in written
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]


@pytest.mark.parametrize("content", [check_in("V1", "2026-05-01T08:00"), redeem("V1", "R1", "30")])
def test_a_schema_takes_what_the_ledger_takes_and_newer_fields_too(content: bytes) -> None:
    body = json.loads(content)
    schema = json.loads(documents()[f"{body['type']}.schema.json"])
    Draft202012Validator(schema).validate({**body, "traceparent": "00-1"})
    body.pop("specversion")
    assert list(Draft202012Validator(schema).iter_errors(body))
