"""How is an answer not sent again that the other side has? ETag and If-None-Match (RFC 9110)."""

from hashlib import sha256

from fastapi import Request, Response
from pydantic import BaseModel

NOT_MODIFIED = 304


def conditional(request: Request, answer: BaseModel) -> Response:
    """The answer as JSON with its ETag; 304 if the other side has it.

    It is one person's own, so no cache on the way keeps it, and a browser asks each time.
    """
    body = answer.model_dump_json().encode()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
