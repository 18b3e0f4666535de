"""What does a cell say, and how is a value written into one? The two are inverses. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from ledger.clock import from_micros, to_micros
from ledger.exchange.fields import Type, Value
from schemas.envelope import EARLIEST, LATEST, legible

Unit = Literal["hours", "minutes", "seconds"]

_PER_UNIT: Mapping[Unit, int] = {"hours": 3600, "minutes": 60, "seconds": 1}
_STEP = Decimal("0.0001")
"""A duration's last digit: less than half a second of an hour, so that seconds come back."""

LONGEST = 366 * 24 * 3600
"""Seconds of one record, at most."""

LOST = "\ufffd"
"""What programs put in the place of a character that they could not read."""

ISO = "iso"


class CellError(ValueError):
    """What is wrong with a cell, and what to write instead."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


Cell = str | int | float | bool | datetime | date | None
"""As a file has it: text everywhere in CSV, typed in XLSX and JSON."""


class Codec(NamedTuple):
    """How the cells of one column are read and written.

    `formats` are those of strptime, or "iso": each is tried, the first is written. `codes`: their
    word → ours.
    """

    type: Type = "text"
    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    formats: Sequence[str] = (ISO,)
    unit: Unit = "hours"
    separator: str = "、"
    codes: Mapping[str, str] = {}

    def read(self, cell: Cell) -> Value | None:
        """The value; None of an empty cell. Raises CellError."""
        match self.type, cell:
            case _, None:
                return None
            case "moment", datetime():
                return self._micros(cell)
            case "day", datetime():
                return cell.date().isoformat()
            case "day", date():
                return cell.isoformat()
            case "moment", date():
                return self._micros(datetime(cell.year, cell.month, cell.day))
            case _, datetime() | date():
                raise CellError(
                    "is a date 是日期", "format the column as text 请将该列设为文本格式"
                )
            case _, bool():
                raise CellError("is true or false 是逻辑值", "write it as text 请写成文字")
        text = _plain(cell).strip()
        if not text:
            return None
        if LOST in text:
            raise CellError("has lost a character 有字符已损坏", "write it anew")
        match self.type:
            case "list":
                parts = (one.strip() for one in text.split(self.separator))
                return tuple(self._ours(one) for one in parts if one)
            case "whole":
                return self._whole(text)
            case "seconds":
                return self._seconds(text)
            case "day":
                return self._moment(text, "2026-05-01").date().isoformat()
            case "moment":
                return self._micros(self._moment(text, "2026-05-01 08:00:00"))
            case _:
                return self._ours(text)

    def write(self, value: Value | None) -> str:
        """The text that `read` makes the value of."""
        match self.type, value:
            case _, None:
                return ""
            case "list", tuple():
                return self.separator.join(self._theirs(one) for one in value)
            case "seconds", int():
                units = Decimal(value) / _PER_UNIT[self.unit]
                text = format(units.quantize(_STEP, ROUND_HALF_EVEN), "f")
                return text.rstrip("0").rstrip(".")
            case "moment", int():
                return self._written(from_micros(value, self.zone))
            case "day", str():
                return self._written(datetime.fromisoformat(value))
            case _:
                return self._theirs(str(value))

    def _ours(self, text: str) -> str:
        if not self.codes:
            return text
        try:
            return self.codes[text]
        except KeyError:
            known = "、".join(self.codes)
            raise CellError(
                "is not in the list of codes 不在代码表内", f"write one of 请填其一 {known}"
            ) from None

    def _theirs(self, value: str) -> str:
        return next((one for one, ours in self.codes.items() if ours == value), value)

    def _whole(self, text: str) -> int:
        if not text.isascii() or not text.isdecimal() or len(text) > 12:
            raise CellError(
                "is no whole number 不是整数", "write digits alone, as 只写数字，如 2026"
            )
        return int(text)

    def _seconds(self, text: str) -> int:
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0 or amount > LONGEST:
            raise CellError(
                f"is no number of {self.unit} 不是数字",
                "write a number without the unit, such as 只写数字，如 1.5",
            )
        seconds = (amount * _PER_UNIT[self.unit]).quantize(Decimal(1), ROUND_HALF_EVEN)
        if seconds > LONGEST:
            raise CellError(
                "is longer than a year 超过一年", f"is the unit {self.unit}? 请核对单位"
            )
        return int(seconds)

    def _moment(self, text: str, example: str) -> datetime:
        for one in self.formats:
            try:
                if one == ISO:
                    return datetime.fromisoformat(text)
                return datetime.strptime(text, one)
            except ValueError:
                continue
        if self.formats[0] != ISO:
            example = datetime.fromisoformat(example).strftime(self.formats[0])
        raise CellError(
            "is no date or time that the mapping knows 不是映射所列的日期格式",
            f"write it as 请写成 {example}",
        )

    def _micros(self, moment: datetime) -> int:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        try:
            aware = aware.astimezone(UTC)
        except OverflowError:
            aware = LATEST
        if not EARLIEST <= aware < LATEST:
            raise CellError(
                "is before 1970 or after 9997 年份有误", "look for a typo in the year 请核对年份"
            )
        return to_micros(aware)

    def _written(self, moment: datetime) -> str:
        first = self.formats[0]
        if first == ISO:
            return moment.date().isoformat() if self.type == "day" else moment.isoformat()
        return moment.strftime(first)


def _plain(cell: object) -> str:
    """A number as somebody would have typed it: 5, not 5.0."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def shown(cell: Cell) -> str:
    """A cell in an error message."""
    return legible(_plain(cell)[:40]) if cell is not None else ""
