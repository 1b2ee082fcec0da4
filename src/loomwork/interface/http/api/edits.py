"""Edits of what may have changed since it was read: `ETag` says what a caller has read, `If-Match` that it must be so
still (RFC 9110, 13.1.1). Drafts have numbers for this, kept with them (`etags.py`); of all else the tag is made of what
is shown.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, TypeVar
from weakref import WeakValueDictionary

import orjson
from fastapi import Depends, Header, Request, Response

from loomwork.interface.http.api.shapes import Shape
from loomwork.kernel.errors import Conflict, InvalidInput

S = TypeVar("S", bound=Shape)

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_LONGEST = 2000


class ChangedMeanwhile(Conflict):
    """What was to be changed is not any more what the caller has read."""

    code = "changed_meanwhile"


def tag_of(shape: Shape) -> str:
    """The strong tag of what is shown, but for what changes by itself (`Shape.volatile`)."""
    shown = orjson.dumps(shape.model_dump(mode="json", exclude=set(shape.volatile)), option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(shown).hexdigest()[:32]}"'


Alone = Callable[[str], AbstractAsyncContextManager[None]]
"""Has what a word names for whoever is in the block, among all processes that serve the same things."""


class Turns:
    """Who changes a thing, after a look at it, has it for itself meanwhile. Of this process one at a time asks `alone`
    for it.
    """

    def __init__(self, alone: Alone) -> None:
        self._alone = alone
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, thing: str) -> AsyncIterator[None]:
        """Wait until nobody else changes it."""
        lock = self._locks.get(thing)
        if lock is None:
            lock = self._locks[thing] = asyncio.Lock()
        async with lock, self._alone(thing):
            yield


@dataclass(frozen=True, slots=True)
class Tagged:
    """Sends the tag of what is shown along with it."""

    response: Response

    def on(self, shape: S) -> S:
        """The same shape, its tag sent along."""
        self.response.headers["ETag"] = tag_of(shape)
        return shape


@dataclass(frozen=True, slots=True)
class Edit(Tagged):
    """A change that may be meant for what the caller has read only."""

    turns: Turns
    thing: str
    wanted: frozenset[str] | None
    """Tags, one of which it must have; None: whatever it is."""

    @asynccontextmanager
    async def unless_changed(self, read: Callable[[], Awaitable[Shape]]) -> AsyncIterator[None]:
        """The change is made within the block. `read` shows the thing as it is. Raises `ChangedMeanwhile`."""
        async with self.turns.of(self.thing):
            if self.wanted is not None and tag_of(await read()) not in self.wanted:
                raise ChangedMeanwhile("This was changed since you read it. Read it again before you change it.")
            yield


def wanted_tags(if_match: str | None) -> frozenset[str] | None:
    """The tags that the header names; None where any will do. Raises `InvalidInput` for what is no tag."""
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [each.strip() for each in if_match.split(",")]
    if not all(_TAG.fullmatch(tag) for tag in tags):
        raise InvalidInput('`If-Match` takes ETags as they were sent, such as "7f3a", or *.', field="If-Match")
    return frozenset(tags)


IfUnchanged = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The `ETag` of what the change is meant for; refused with 412 where it is another by now.",
        max_length=_LONGEST,
    ),
]


async def _tagged(response: Response) -> Tagged:
    return Tagged(response)


async def _edit(request: Request, response: Response, if_match: IfUnchanged = None) -> Edit:
    state = request.state
    whose = state.identity.scope.workspace_id if hasattr(state, "identity") else state.me.person_id
    return Edit(response, request.app.state.turns, f"{whose} {request.url.path}", wanted_tags(if_match))


TheTagged = Annotated[Tagged, Depends(_tagged)]
TheEdit = Annotated[Edit, Depends(_edit)]
