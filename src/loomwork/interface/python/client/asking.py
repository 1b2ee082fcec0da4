"""What the methods of the client are made from: what is left out, what stands in an address, who asks and who waits."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from enum import Enum
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import quote

T = TypeVar("T")
OfAsking = TypeVar("OfAsking", bound="Asking")


class Unset(Enum):
    """What was not given, and is not sent: null says something else."""

    UNSET = "unset"


UNSET: Final[Literal[Unset.UNSET]] = Unset.UNSET


def given(parts: Mapping[str, Any]) -> dict[str, Any]:
    """What was given of them."""
    return {name: value for name, value in parts.items() if value is not UNSET}


def part(word: str | int) -> str:
    """A part of an address, whatever it holds."""
    return quote(str(word), safe="")


class Asking(ABC):
    """Sends what the methods say, and hands back what the server answers."""

    @abstractmethod
    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        creates: bool = False,
    ) -> Any:
        """The JSON of the answer, None where it has none. A body is sent as JSON, or as the bytes that it is. With
        `creates` it carries an `Idempotency-Key`.
        """

    @abstractmethod
    async def _ask_text(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """The text of the answer."""

    @abstractmethod
    def _download(self, path: str, *, query: Mapping[str, Any] | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes of an answer of any length, as they come. Raises where it breaks off before its end."""

    @abstractmethod
    def _follow(
        self, path: str, *, query: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Any, None]:
        """The events of a stream to its end, none lost or repeated where the connection breaks."""


class Waiting(ABC, Generic[OfAsking]):
    """Asks by another, and waits for it."""

    @property
    @abstractmethod
    def _asking(self) -> OfAsking: ...

    @abstractmethod
    def _wait(self, answer: Coroutine[Any, Any, T]) -> T: ...

    @abstractmethod
    def _each(self, items: AsyncGenerator[T, None]) -> Iterator[T]: ...


async def every(page: Callable[[str | Unset], Awaitable[Any]]) -> AsyncGenerator[Any, None]:
    """The items of all pages, in their order; `page` is asked for the one after a cursor."""
    after: str | Unset = UNSET
    while True:
        told = await page(after)
        for item in told["data"]:
            yield item
        if told["next"] is None:
            return
        after = told["next"]
