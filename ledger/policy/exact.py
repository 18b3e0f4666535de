"""How numbers stay exact: whole numbers and fractions, never floats, never unbounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .errors import EvaluationError

Number = int | Fraction
MAX_BITS = 256
MAX_MOVED = 10**12
"""Smallest units, or seconds, that one entry may move: less than this."""
MAX_HELD = 10**15
"""What a balance may come to: less than this. Thousands of such together still fit into 64 bits."""
ROUNDINGS = ("down", "up", "half_up", "half_even")


def tidy(x: Number) -> Number:
    """A whole fraction as a plain int; an absurdly long number is refused."""
    if type(x) is int:
        if x.bit_length() > MAX_BITS:
            raise EvaluationError("a number grew beyond all bounds")
        return x
    if x.denominator == 1:
        return tidy(x.numerator)
    if x.numerator.bit_length() > MAX_BITS or x.denominator.bit_length() > MAX_BITS:
        raise EvaluationError("a number grew beyond all bounds")
    return x


def exact(value: Any) -> Number:
    """Read a number from a document or an event, exactly."""
    if isinstance(value, (bool, float)):
        raise EvaluationError(f"{value!r} is not an exact number; write it as a decimal text")
    if isinstance(value, (int, Fraction)):
        return tidy(value)
    if isinstance(value, (str, Decimal)):
        text = str(value).strip()
        if len(text) > 40:
            raise EvaluationError("a number is longer than 40 characters")
        try:
            if "/" in text:
                numerator, _, denominator = text.partition("/")
                return tidy(Fraction(int(numerator), int(denominator)))
            number = Decimal(text)
            if not number.is_finite() or abs(number.adjusted()) > 40:
                raise EvaluationError(f"{text!r} is not a usable number")
            return tidy(Fraction(number))
        except (ArithmeticError, ValueError):
            pass
    raise EvaluationError(f"{value!r} is not a number")


def fits(moved: int, held: int) -> None:
    """Raise EvaluationError if an entry, or the balance after it, is larger than is kept."""
    if abs(moved) >= MAX_MOVED:
        raise EvaluationError(f"an entry moves {moved} at once; it must be less than {MAX_MOVED}")
    if abs(held) >= MAX_HELD:
        raise EvaluationError(f"a balance comes to {held}; it must stay below {MAX_HELD}")


def is_number(value: Any) -> bool:
    return isinstance(value, (int, Fraction)) and not isinstance(value, bool)


def round_whole(x: Number, mode: str) -> int:
    """Round to a whole number; down and up are by size, so −1.5 goes down to −1."""
    if isinstance(x, int):
        return x
    size = abs(x)
    low: int = size.numerator // size.denominator
    rest = size - low
    match mode:
        case "down":
            whole = low
        case "up":
            whole = low + (rest > 0)
        case "half_up":
            whole = low + (rest * 2 >= 1)
        case "half_even":
            whole = low + int(rest * 2 > 1 or (rest * 2 == 1 and low % 2 == 1))
        case _:
            raise EvaluationError(f"rounding {mode!r} is unknown; write one of {ROUNDINGS}")
    return whole if x >= 0 else -whole


def hours_of(seconds: int) -> Number:
    whole, rest = divmod(seconds, 3600)
    return whole if not rest else Fraction(seconds, 3600)


def pack(value: Any) -> Any:
    """A value as plain JSON; a fraction becomes {"~": "7/2"}, a date {"~": "2024-01-31"}."""
    if type(value) is Fraction:
        if value.denominator == 1:
            return value.numerator
        return {"~": f"{value.numerator}/{value.denominator}"}
    if isinstance(value, date):
        return {"~": value.isoformat()}
    if isinstance(value, Decimal):
        return pack(exact(value))
    if isinstance(value, (list, tuple)):
        return [pack(v) for v in value]
    if isinstance(value, dict):
        return {str(k): pack(v) for k, v in value.items()}
    return value


def unpack(value: Any) -> Any:
    """The inverse of `pack`."""
    if type(value) is dict:
        if len(value) == 1 and "~" in value:
            text = value["~"]
            return exact(text) if "/" in text else date.fromisoformat(text)
        return {k: unpack(v) for k, v in value.items()}
    if type(value) is list:
        return [unpack(v) for v in value]
    return value


def show(x: Any) -> Any:
    """A value for people and JSON output: decimals as short as they are exact."""
    if type(x) is Fraction:
        if x.denominator == 1:
            return x.numerator
        rest = x.denominator
        for p in (2, 5):
            while rest % p == 0:
                rest //= p
        if rest != 1:
            return f"{x.numerator}/{x.denominator}"
        return format((Decimal(x.numerator) / Decimal(x.denominator)).normalize(), "f")
    if isinstance(x, (list, tuple)):
        return [show(v) for v in x]
    if isinstance(x, dict):
        return {k: show(v) for k, v in x.items()}
    if hasattr(x, "isoformat"):
        return x.isoformat()
    return x
