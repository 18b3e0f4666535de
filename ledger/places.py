"""Does a place lie in an area? By the 12 digits of the statistical codes 统计用区划代码."""

LEVELS = (2, 4, 6, 9, 12)
"""Digits of a province, a city, a county, a township and a village; zeros follow to the right."""


def area_of(code: str, level: int) -> str:
    """The area of so many digits that a code lies in; also of its digits alone."""
    return code[:level].ljust(LEVELS[-1], "0")


def is_within(place: str, area: str) -> bool:
    """`place` is the area, or below it. Words that are no codes lie only in themselves."""
    if place == area:
        return True
    if not (is_code(place) and is_code(area)):
        return False
    return place.startswith(prefix(area))


def is_code(text: str) -> bool:
    """It has the form of a statistical code."""
    return len(text) == LEVELS[-1] and text.isascii() and text.isdecimal()


def prefix(code: str) -> str:
    """The digits that all codes of an area begin with."""
    given = len(code.rstrip("0"))
    return code[: next((level for level in LEVELS if level >= given), LEVELS[-1])]
