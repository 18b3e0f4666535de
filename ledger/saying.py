"""Is what a person gave fit for an event? If not, which part of it is wrong?"""

import re
from typing import Any, TypeVar

from pydantic import ValidationError

from ledger.errors import LedgerError
from schemas.envelope import Data

Said = TypeVar("Said", bound=Data)


def said(model: type[Said], **values: Any) -> Said:
    """The payload of an event. Raises LedgerError that names the part."""
    try:
        return model(**values)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise LedgerError(f"{wrong['loc'][-1]}: {wrong['msg']}") from None


_NUMBERS = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
"""A mobile number, or that of an identity card."""


def nothing_personal(field: str, text: str) -> None:
    """Raises LedgerError where a number stands by which somebody is known."""
    if _NUMBERS.search(text):
        raise LedgerError(
            f"{field}: has a telephone or identity number in it, which the ledger could never "
            "forget: leave it out 请勿填写电话或身份证号"
        )
