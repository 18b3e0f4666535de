"""How is a long list given in parts? By a cursor, which says where the part before it ended."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query

from ledger.api.problems import Kind, Problem
from ledger.api.shapes import Item, Page

MOST = 200
USUAL = 50
LONGEST = 2000
"""Items of lists that are mostly shown whole."""

MOST_INTEGER = 2**63
"""What a database's integers are below."""


class Part:
    """Which part is asked for: `after` the key (a number or texts), at most `limit`."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=MOST, description="Items, at most")] = USUAL,
        after: Annotated[
            str | None, Query(max_length=500, description="`next` of the part before")
        ] = None,
    ) -> None:
        self.limit = limit
        self.after: Any = None if after is None else _read(after)

    @property
    def number(self) -> int | None:
        """`after` as a number. Raises Problem if it is something else."""
        if self.after is not None and not isinstance(self.after, int):
            raise foreign_cursor()
        return self.after

    @property
    def texts(self) -> list[str] | None:
        """`after` as texts. Raises Problem if it is something else."""
        if self.after is None:
            return None
        if not isinstance(self.after, list) or not all(isinstance(one, str) for one in self.after):
            raise foreign_cursor()
        return self.after

    def key(self, *kinds: type) -> Any:
        """`after` as values of these kinds; None if it is absent. Raises Problem if it is else."""
        if self.after is None:
            return None
        if not isinstance(self.after, list) or list(map(type, self.after)) != list(kinds):
            raise foreign_cursor()
        if any(kind is int and not -MOST_INTEGER < one < MOST_INTEGER
               for kind, one in zip(kinds, self.after, strict=True)):  # fmt: skip
            raise foreign_cursor()
        return tuple(self.after)

    def page(
        self, rows: Sequence[Any], shown: Callable[[Any], Item], key: Callable[[Any], Any]
    ) -> Page[Item]:
        """The page of rows of which one more was asked for than `limit`, if there are as many."""
        here = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(
            items=[shown(one) for one in here], next=_written(key(here[-1])) if more else None
        )


Asked = Annotated[Part, Depends()]


class LongPart(Part):
    """A part of a list that is mostly shown whole, as that of a county's teams."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=LONGEST, description="Items, at most")] = LONGEST,
        after: Annotated[
            str | None, Query(max_length=500, description="`next` of the part before")
        ] = None,
    ) -> None:
        super().__init__(limit, after)


Long = Annotated[LongPart, Depends()]


def _written(key: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def _read(text: str) -> Any:
    try:
        return orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise foreign_cursor() from None


def foreign_cursor() -> Problem:
    """`after` is of another list, or nobody's."""
    return Problem(Kind.INVALID, "after: take it from `next` of an answer")
