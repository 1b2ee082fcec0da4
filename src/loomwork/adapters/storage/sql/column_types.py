"""What a column holds, the same on SQLite and Postgres."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

Json = JSON(none_as_null=True)
"""Key order is kept (Postgres: json, not jsonb). None is NULL."""


class UtcTime(TypeDecorator[datetime]):
    """A moment, read back in UTC. SQLite keeps no zone, so one is given on the way in and out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None or not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text from outside. What no database takes (NUL, half of a surrogate pair) is kept as U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else words(value)


def words(text: str) -> str:
    """What a column of `Words` keeps of a text, for statements that the column types do not see."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    # UTF-16 is where surrogates live: on the way through it a half is marked once, and whole pairs are left alone.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
