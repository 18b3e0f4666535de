"""Is what a person gave fit for an event? If not, which parts of it are wrong?"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from ledger.errors import Fault, UnfitError
from schemas.envelope import Data

Said = TypeVar("Said", bound=Data)

_ZH: Mapping[str, str] = {
    "missing": "必须填写",
    "string_type": "须是文字",
    "string_too_short": "不能少于 {min_length} 个字",
    "string_too_long": "不能多于 {max_length} 个字",
    "string_pattern_mismatch": "格式不对",
    "int_type": "须是整数",
    "int_parsing": "须是整数",
    "int_from_float": "须是整数",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "只能是 {expected}",
    "too_short": "不能少于 {min_length} 项",
    "too_long": "不能多于 {max_length} 项",
    "bool_type": "只能是 true 或 false",
    "bool_parsing": "只能是 true 或 false",
    "date_parsing": "须是日期，如 2026-05-01",
    "date_from_datetime_parsing": "须是日期，如 2026-05-01",
    "datetime_parsing": "须是日期和时间，如 2026-05-01T08:00",
    "datetime_from_date_parsing": "须是日期和时间，如 2026-05-01T08:00",
    "timezone_aware": "须写明时区，如 2026-05-01T08:00:00+08:00",
}
"""By pydantic's types of errors; what is not here is told as pydantic says it."""


def said(model: type[Said], **values: Any) -> Said:
    """The payload of an event. Raises UnfitError that names the parts."""
    try:
        return model(**values)
    except ValidationError as error:
        raise UnfitError(*faults(error.errors())) from None


def faults(errors: Iterable[Mapping[str, Any]], skip: int = 0) -> list[Fault]:
    """What pydantic found, each at its part: without the first `skip` steps of the way to it."""
    return [_fault(one, ".".join(map(str, one["loc"][skip:]))) for one in errors]


def _fault(error: Mapping[str, Any], field: str) -> Fault:
    english = str(error["msg"])
    chinese = _ZH.get(error["type"])
    if chinese is None:
        return Fault(field, english.removeprefix("Value error, "), english)
    return Fault(field, chinese.format_map(error.get("ctx") or {}), english)


_NUMBERS = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
"""A mobile number, or that of an identity card."""


def nothing_personal(field: str, text: str) -> None:
    """Raises UnfitError where a number stands by which somebody is known."""
    if _NUMBERS.search(text):
        raise UnfitError(
            Fault(
                field,
                "请勿填写电话或身份证号：账本永远不会忘记",
                "has a telephone or identity number in it, which the ledger could never forget: "
                "leave it out",
            )
        )
