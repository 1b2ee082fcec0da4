"""One page of a list, and how to ask for the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from loomwork.kernel.errors import InvalidInput

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


def page_within(items: Sequence[T], page: PageRequest, id_of: Callable[[T], str]) -> Page[T]:
    """One page of a list that is held whole, in its own order. Raises `InvalidInput` where no item ended the page
    before, as when it was removed since.
    """
    ids = [id_of(item) for item in items]
    if page.after is not None and page.after not in ids:
        raise InvalidInput("No page ended with this item, or it was removed since; begin again.", field="after")
    begin = 0 if page.after is None else ids.index(page.after) + 1
    shown = list(items[begin : begin + page.limit])
    is_last = begin + len(shown) >= len(items)
    return Page(shown, next=None if is_last or not shown else id_of(shown[-1]))
