"""What is answered to what can't be done? RFC 9457: `application/problem+json`."""

import logging
from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from secrets import token_hex
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from ledger.access.asking import RefusedError
from ledger.api.languages import language_of
from ledger.errors import (
    Fault,
    FencedError,
    LedgerError,
    NotInitialisedError,
    UnfitError,
    UnreachableError,
)
from ledger.policy import EvaluationError, MissingSetting
from ledger.saying import faults
from ledger.volunteers.explain_view import Language

_log = logging.getLogger("vledger.api")

MEDIA_TYPE = "application/problem+json"


class Kind(Enum):
    """The problems that there are, by name: status, and title in Chinese and English."""

    MALFORMED = ("malformed", 400, "请求格式不对", "The request can't be read")
    WHO = ("who-are-you", 401, "请先登录", "Log in first")
    REFUSED = ("refused", 403, "没有权限", "You may not do this")
    HEADER = ("missing-header", 403, "缺少请求头", "A header is missing")
    NOT_FOUND = ("not-found", 404, "没有找到", "Not found")
    METHOD = ("method-not-allowed", 405, "不支持的方法", "That method is not offered here")
    SLOW = ("too-slow", 408, "请求超时", "The request took too long to arrive")
    CODE_USED = ("code-used", 409, "兑换码已用过", "This code was used already")
    CONFLICT = ("conflict", 409, "与现有记录冲突", "It conflicts with what is recorded")
    TOO_LARGE = ("too-large", 413, "请求过大", "The request is too large")
    MEDIA = ("unsupported-media", 415, "不支持的内容类型", "That content type is not read here")
    CODE = ("no-such-code", 422, "兑换码无效或已过期", "This code is not valid, or no longer")
    INVALID = ("invalid", 422, "填写有误", "Something in the request is not valid")
    NOT_POSSIBLE = ("not-possible", 422, "无法办理", "It can't be done")
    RATE = ("too-many-requests", 429, "请求过于频繁", "Too many requests")
    INTERNAL = ("internal", 500, "服务器内部错误", "Something went wrong here")
    AWAY = ("unavailable", 503, "暂时不可用", "Not available at the moment")

    def __init__(self, slug: str, status: int, zh: str, en: str) -> None:
        self.slug = slug
        self.status = status
        self.zh = zh
        self.en = en

    def title(self, language: Language) -> str:
        return self.zh if language is Language.zh else self.en


class Problem(Exception):  # noqa: N818 - the standard's word
    """Raised by a route; answered as a problem. `faults` say which parts of the request are bad.

    A fault's field begins with where it is, as `body.name`.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.headers = dict(headers or {})
        self.more = more


def not_found(what: str) -> Problem:
    """There is nothing of that name."""
    return Problem(Kind.NOT_FOUND, what)


def answered(request: HTTPConnection, problem: Problem) -> Response:
    """The problem as a response."""
    language = language_of(request)
    errors = [_error(one, language) for one in problem.faults]
    detail = problem.detail
    if errors and language is Language.zh:
        parts = (
            f"{one['field']}：{one['what']}" if one["field"] else one["what"] for one in errors
        )
        detail = "；".join(parts)
    said = {
        "type": f"/problems/{problem.kind.slug}",
        "title": problem.kind.title(language),
        "status": problem.kind.status,
        "detail": detail,
        "instance": request.scope["path"],
        "errors": errors,
        **problem.more,
    }
    return Response(
        orjson.dumps(said), problem.kind.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def _error(fault: Fault, language: Language) -> dict[str, str]:
    part, _, field = fault.field.partition(".")
    return {"in": part, "field": field, "what": fault.zh if language is Language.zh else fault.en}


def problem_of(error: Exception) -> Problem:
    """What an error that a route lets through is to whoever asked."""
    match error:
        case Problem():
            return error
        case RefusedError():
            return Problem(Kind.REFUSED, str(error))
        case UnreachableError() | NotInitialisedError() | FencedError():
            return Problem(Kind.AWAY, str(error), headers={"Retry-After": "5"})
        case UnfitError():
            found = [one._replace(field=f"body.{one.field}") for one in error.faults]
            return Problem(Kind.INVALID, str(error), faults=found)
        case LedgerError() | EvaluationError() | MissingSetting():
            return Problem(Kind.NOT_POSSIBLE, str(error))
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _by_status(error)
        case PoolTimeoutError() | OperationalError() | InterfaceError():
            _log.error("the database does not answer", exc_info=error)
            return _away()
        case DBAPIError(connection_invalidated=True):
            _log.error("the database went away", exc_info=error)
            return _away()
        case _:
            return _unexpected(error)


def add_to(app: FastAPI) -> None:
    """Answer errors of routes as problems, and say at /problems/NAME what each means."""

    async def handle(request: Request, error: Exception) -> Response:
        return answered(request, problem_of(error))

    for kind in (Problem, LedgerError, EvaluationError, MissingSetting, DBAPIError,
                 PoolTimeoutError, RequestValidationError, HTTPException):  # fmt: skip
        app.add_exception_handler(kind, handle)

    @app.get("/problems/{name}", include_in_schema=False)
    def problem(name: str) -> dict[str, Any]:
        for kind in Kind:
            if kind.slug == name:
                titles = {"zh": kind.zh, "en": kind.en}
                return {"type": f"/problems/{name}", "status": kind.status, "title": titles}
        raise not_found(f"there is no problem {name!r}")


def _invalid(error: RequestValidationError) -> Problem:
    """Which fields; never what was in them, which may be a secret."""
    found = faults(error.errors())
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return Problem(Kind.MALFORMED, "the body is not JSON", faults=found)
    fields = ", ".join(one.field.partition(".")[2] or one.field for one in found)
    return Problem(Kind.INVALID, f"not valid: {fields}", faults=found)


def _by_status(error: HTTPException) -> Problem:
    detail = str(error.detail)
    kind = next(
        (one for one in Kind if one.status == error.status_code and one is not Kind.HEADER), None
    )
    if kind is None:
        detail = f"{error.status_code} {HTTPStatus(error.status_code).phrase}: {detail}"
        kind = Kind.MALFORMED if error.status_code < 500 else Kind.INTERNAL
    return Problem(kind, detail, headers=error.headers)


def _away() -> Problem:
    return Problem(
        Kind.AWAY, "the database does not answer: try again", headers={"Retry-After": "5"}
    )


def _unexpected(error: Exception) -> Problem:
    """A mistake of this program: the log has it under a number, which is all that is told."""
    incident = token_hex(6)
    _log.error("incident %s", incident, exc_info=error)
    detail = f"incident {incident}: tell it to whoever runs this ledger"
    return Problem(Kind.INTERNAL, detail, incident=incident)
