"""Lists that come in pages: how much is shown of one, from where on, and what is said where it goes on."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from loomwork.kernel.page import Page, PageRequest

if TYPE_CHECKING:
    from loomwork.interface.cli.screen import Screen

T = TypeVar("T")

Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100, help="How many.")]
After = Annotated[
    str | None, typer.Option("--after", metavar="ID", help="Go on behind this one, the last of the list before.")
]

AT_ONCE = 100

KeyState = Literal["valid", "expired", "revoked"]
InvitationState = Literal["open", "accepted", "revoked", "expired"]
BudgetSubject = Literal["workspace", "app", "key", "end_user"]


def tell_of_more(screen: "Screen", page: Page[Any]) -> None:
    """Where the list goes on, say how to see the rest; not among what is piped on."""
    if page.next is not None:
        screen.note(f"There are more: --after {page.next}")


def page_told(answer: Mapping[str, Any]) -> Page[Mapping[str, Any]]:
    """A page as a server answers it."""
    return Page([dict(each) for each in answer["data"]], next=answer.get("next"))


async def everything(read: Callable[[PageRequest], Awaitable[Page[T]]]) -> list[T]:
    """A list whole, page after page."""
    page = await read(PageRequest(AT_ONCE))
    found = list(page.items)
    while page.next is not None:
        page = await read(PageRequest(AT_ONCE, page.next))
        found.extend(page.items)
    return found
