"""Can this document or phone number exist, and how is it shown masked?"""

import re
from collections.abc import Mapping
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from ledger.errors import LedgerError

RESIDENT_ID = "resident-id"

DOCUMENTS: Mapping[str, str] = {
    RESIDENT_ID: "居民身份证",
    "residence-permit": "港澳台居民居住证",
    "hk-macao-permit": "港澳居民来往内地通行证",
    "taiwan-permit": "台湾居民来往大陆通行证",
    "foreigner-permit": "外国人永久居留身份证",
    "passport": "护照",
}
"""The types of documents, and what a certificate calls them (证件类型)."""

_GB_11643 = (RESIDENT_ID, "residence-permit")
"""The types whose number is a citizen identification number (公民身份号码) of GB 11643-1999."""

_OTHER_NUMBER = re.compile(r"[A-Z0-9]{5,18}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}")


def document_number(kind: str, text: str) -> str:
    """The number as it is kept, without spaces. Raises LedgerError if there can't be such a one.

    The message never repeats the number: it would end up in logs.
    """
    if kind not in DOCUMENTS:
        raise LedgerError(f"{kind!r} is no type of document: it is one of {', '.join(DOCUMENTS)}")
    number = re.sub(r"[\s-]", "", text).upper()
    if kind not in _GB_11643:
        if not _OTHER_NUMBER.fullmatch(number):
            raise LedgerError(f"that is no number of a {kind}: it has 5 to 18 letters and digits")
        return number
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise LedgerError(f"that is no number of a {kind}: it has 17 digits and a check character")
    if ric.calc_check_digit(number) != number[-1]:
        raise LedgerError("the check character of the document number is wrong: look for a typo")
    if birth_date(kind, number) is None:
        raise LedgerError("the document number holds no date of birth: look for a typo")
    return number


def birth_date(kind: str, number: str) -> date | None:
    """The birth date inside a number of GB 11643; None where there is none."""
    if kind not in _GB_11643:
        return None
    try:
        return ric.get_birth_date(number)
    except ValidationError:
        return None


def phone_number(text: str) -> str:
    """The number as it is kept: digits alone. Raises LedgerError if there can't be such a one."""
    number = re.sub(r"[\s()-]", "", text).removeprefix("+86")
    if _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number):
        return number
    raise LedgerError("that is no phone number: write 13800001234, or 0546-8301234 of a landline")


def masked(field: str, value: str) -> str:
    """A value as it is shown by default: 王**, 3701**********1234, 138****5678, 1990-**-**."""
    if field.endswith("name"):
        return _starred(value, 1, 0)
    if field.endswith("document_number"):
        return _starred(value, 4, 4) if len(value) >= 15 else _starred(value, 1, 2)
    if field.endswith("phone"):
        return _starred(value, 3, 4) if len(value) >= 11 else _starred(value, 3, 2)
    if field == "birth_date":
        return f"{value[:4]}-**-**"
    return value


def _starred(value: str, first: int, last: int) -> str:
    hidden = max(1, len(value) - first - last)
    return value[:first] + "*" * hidden + (value[-last:] if last else "")
