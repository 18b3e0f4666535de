"""How is time written down? Instants are whole microseconds since 1970 UTC; hours are seconds."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

SECOND = 1_000_000
"""Microseconds in a second."""

CHINA = timezone(timedelta(hours=8))
"""The one zone of the law's dates, whatever a policy's is."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int, zone: tzinfo) -> datetime:
    """The instant as a datetime in `zone`, for people and messages."""
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(zone)


def now_micros() -> int:
    """The present. Only runners call it; the core is given its times."""
    return to_micros(datetime.now(UTC))
