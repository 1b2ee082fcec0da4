"""Moments as callers write them: with a zone, or in UTC."""

from datetime import UTC, datetime
from typing import overload

from loomwork.kernel.errors import InvalidInput


@overload
def in_utc(moment: datetime, field: str) -> datetime: ...


@overload
def in_utc(moment: None, field: str) -> None: ...


def in_utc(moment: datetime | None, field: str) -> datetime | None:
    """The moment in UTC. Raises `InvalidInput` for one that lies, there, before the first year or after the last."""
    if moment is None or moment.tzinfo is None:
        return None if moment is None else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput("This moment is further away than calendars go.", field=field) from None
