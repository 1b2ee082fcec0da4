"""One page of a list, and how to ask for the next."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`after` is the id that ended the page before; `limit` counts items, 1 to 100."""

    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is the cursor for the page that follows, or None on the last one."""

    items: list[T]
    next: str | None = None
