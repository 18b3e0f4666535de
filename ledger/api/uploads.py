"""How does a route get a file that was sent, and what was said with it? By a form."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect

from ledger.api.problems import Kind, Problem
from ledger.api.who import Asks, nobody
from ledger.errors import Fault
from ledger.saying import faults

MOST_FIELDS = 20
LARGEST_FIELD = 200_000
"""Octets of what is no file, at most."""

Said = TypeVar("Said", bound=BaseModel)


async def _form(asks: Asks, request: Request) -> AsyncIterator[FormData]:
    if asks.person is None:
        raise nobody()  # before anything is kept
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "multipart/form-data":
        raise Problem(Kind.MEDIA, "send a form with the file: multipart/form-data")
    try:
        async with request.form(
            max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD
        ) as form:
            yield form
    except ClientDisconnect:
        raise Problem(Kind.SLOW, "the file broke off") from None


Form = Annotated[FormData, Depends(_form)]
"""Of whoever has logged in. What is more than a megabyte lies in a temporary file."""


def file_of(form: FormData) -> tuple[str, UploadFile]:
    """The file, and its name. Raises Problem."""
    found = form.get("file")
    if not isinstance(found, UploadFile):
        missing = Fault("body.file", "请选择文件", "choose a file")
        raise Problem(Kind.INVALID, str(missing), faults=[missing])
    return found.filename or "", found


def said_in(form: FormData, shape: type[Said]) -> Said:
    """What else the form says. Raises Problem that names the fields, never what is in them."""
    said = {name: one for name, one in form.items() if isinstance(one, str)}
    try:
        return shape.model_validate(said)
    except ValidationError as error:
        found = [one._replace(field=f"body.{one.field}") for one in faults(error.errors())]
        detail = f"not valid: {', '.join(one.field for one in found)}"
        raise Problem(Kind.INVALID, detail, faults=found) from None


def described(shape: type[BaseModel]) -> dict[str, Any]:
    """What the OpenAPI document says of such a form."""
    schema = shape.model_json_schema()
    schema["properties"]["file"] = {"type": "string", "format": "binary"}
    schema["required"] = [*schema.get("required", []), "file"]
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }
