"""Apps' life as commands see it, in the data folder or behind a server's API: versions, logs, annotations, retention.

What is handed out is what `/api/v1` answers with, so that `--json` is the same for both.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from loomwork.interface.cli.audit_desk import moment
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.remote_desk import Asks
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import AppId, ConversationId, MessageId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.apps.api import AppLife, Apps, Environment
    from loomwork.conversations.api import AnnotationStore, MessageLog, Rating

MOST = 100
"""Items of one page."""

Filters = Mapping[str, str | Sequence[str]]
"""The filters of `GET /api/v1/runs` and `/messages`, by their names there; moments in ISO 8601, with their zone."""

DRAFT = "draft"
"""Instead of a version's number."""


class LifeDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    async def publish(self, app_id: str, notes: str, environment: str) -> Facts: ...

    async def list_versions(self, app_id: str) -> Sequence[Facts]:
        """All of them, newest first."""
        ...

    async def note(self, app_id: str, number: int, notes: str) -> Facts: ...

    async def compare(self, app_id: str, old: str, new: str) -> Facts:
        """Each a version's number, or `draft`."""
        ...

    async def restore(self, app_id: str, number: int) -> Facts: ...

    async def promote(self, app_id: str, environment: str, number: int | None) -> Facts: ...

    async def duplicate(self, app_id: str, name: str | None) -> Facts: ...

    async def tag(self, app_id: str, tags: Sequence[str]) -> Facts: ...

    async def list_runs(self, filters: Filters) -> Sequence[Facts]:
        """The newest hundred."""
        ...

    async def list_messages(self, filters: Filters) -> Sequence[Facts]:
        """The newest hundred."""
        ...

    async def get_message(self, message_id: str) -> Facts: ...

    async def rate(self, message_id: str, rating: str | None, content: str) -> Facts: ...

    async def list_annotations(self, app_id: str, text: str) -> Sequence[Facts]:
        """All of them, newest first."""
        ...

    async def add_annotation(self, app_id: str, question: str, answer: str) -> Facts: ...

    async def edit_annotation(self, app_id: str, annotation_id: str, question: str, answer: str) -> Facts: ...

    async def remove_annotation(self, app_id: str, annotation_id: str) -> None: ...

    async def retention(self, app_id: str | None) -> int | None:
        """Days; of an app, or of the workspace."""
        ...

    async def retain(self, app_id: str | None, days: int | None) -> None: ...


@dataclass(frozen=True, slots=True)
class LifeDoors:
    """What a data folder's desk is opened with."""

    apps: "Apps"
    life: "AppLife"
    message_log: "MessageLog"
    annotations: "AnnotationStore"


@dataclass(frozen=True, slots=True)
class LocalLifeDesk:
    """Fits `LifeDesk`. Shapes are imported where they are used: they take time, and most commands need none."""

    scope: Scope
    doors: LifeDoors

    async def publish(self, app_id: str, notes: str, environment: str) -> Facts:
        from loomwork.interface.http.api.life_shapes import VersionShape

        where = _environment(environment)
        published = await self.doors.apps.publish_app(self.scope, AppId(app_id), notes=notes, environment=where)
        return _facts(VersionShape.of(published))

    async def list_versions(self, app_id: str) -> Sequence[Facts]:
        from loomwork.interface.http.api.life_shapes import StandingVersionShape

        life = self.doors.life
        standing = await life.environments(self.scope, AppId(app_id))
        versions = await _all(lambda page: life.list_versions(self.scope, AppId(app_id), page))
        return [
            _facts(
                StandingVersionShape.standing(each, [w for w, kept in standing.items() if kept.number == each.number])
            )
            for each in versions
        ]

    async def note(self, app_id: str, number: int, notes: str) -> Facts:
        from loomwork.interface.http.api.life_shapes import VersionShape

        return _facts(VersionShape.of(await self.doors.life.note_version(self.scope, AppId(app_id), number, notes)))

    async def compare(self, app_id: str, old: str, new: str) -> Facts:
        from loomwork.interface.http.api.life_shapes import DifferenceShape

        found = await self.doors.life.compare(self.scope, AppId(app_id), _number(old), _number(new))
        return _facts(DifferenceShape.of(found))

    async def restore(self, app_id: str, number: int) -> Facts:
        return _app(await self.doors.life.restore(self.scope, AppId(app_id), number))

    async def promote(self, app_id: str, environment: str, number: int | None) -> Facts:
        from loomwork.interface.http.api.life_shapes import PromotionShape

        where = _environment(environment)
        return _facts(PromotionShape.of(await self.doors.life.promote(self.scope, AppId(app_id), where, number)))

    async def duplicate(self, app_id: str, name: str | None) -> Facts:
        return _app(await self.doors.life.duplicate(self.scope, AppId(app_id), name=name))

    async def tag(self, app_id: str, tags: Sequence[str]) -> Facts:
        return _app(await self.doors.life.tag(self.scope, AppId(app_id), tags))

    async def list_runs(self, filters: Filters) -> Sequence[Facts]:
        from loomwork.apps.api import RunFilter
        from loomwork.interface.http.api.shapes import RunShape

        given = _typed(filters)
        app_id, statuses = given.pop("app_id", None), frozenset(given.pop("status", ()))
        wanted = RunFilter(statuses=statuses, **given)
        page = await self.doors.apps.list_runs(self.scope, PageRequest(MOST), app_id=app_id, wanted=wanted)
        return [_facts(RunShape.of(run)) for run in page.items]

    async def list_messages(self, filters: Filters) -> Sequence[Facts]:
        from loomwork.conversations.api import MessageFilter
        from loomwork.interface.http.api.log_shapes import LoggedMessageShape

        wanted = MessageFilter(**_typed(filters))
        page = await self.doors.message_log.list_messages(self.scope, wanted, PageRequest(MOST))
        return [_facts(LoggedMessageShape.logged(each)) for each in page.items]

    async def get_message(self, message_id: str) -> Facts:
        from loomwork.interface.http.api.log_shapes import LoggedMessageShape

        return _facts(
            LoggedMessageShape.logged(await self.doors.message_log.get_message(self.scope, _message(message_id)))
        )

    async def rate(self, message_id: str, rating: str | None, content: str) -> Facts:
        log, author = self.doors.message_log, self.scope.actor.id
        if rating is None:
            await log.take_back(self.scope, _message(message_id), "member", author)
        else:
            liked: Rating = "like" if rating == "like" else "dislike"
            await log.rate(self.scope, _message(message_id), "member", author, liked, content)
        return await self.get_message(message_id)

    async def list_annotations(self, app_id: str, text: str) -> Sequence[Facts]:
        from loomwork.interface.http.api.log_shapes import AnnotationShape

        store = self.doors.annotations
        found = await _all(lambda page: store.list_annotations(self.scope, AppId(app_id), page, text=text))
        return [_facts(AnnotationShape.of(each)) for each in found]

    async def add_annotation(self, app_id: str, question: str, answer: str) -> Facts:
        return _annotation(await self.doors.annotations.add(self.scope, AppId(app_id), question, answer))

    async def edit_annotation(self, app_id: str, annotation_id: str, question: str, answer: str) -> Facts:
        store = self.doors.annotations
        return _annotation(await store.save(self.scope, AppId(app_id), annotation_id, question, answer))

    async def remove_annotation(self, app_id: str, annotation_id: str) -> None:
        await self.doors.annotations.remove(self.scope, AppId(app_id), annotation_id)

    async def retention(self, app_id: str | None) -> int | None:
        return await self.doors.life.retention(self.scope, AppId(app_id) if app_id is not None else None)

    async def retain(self, app_id: str | None, days: int | None) -> None:
        await self.doors.life.retain(self.scope, AppId(app_id) if app_id is not None else None, days)


@dataclass(frozen=True, slots=True)
class RemoteLifeDesk:
    """Fits `LifeDesk`."""

    ask: Asks

    async def publish(self, app_id: str, notes: str, environment: str) -> Facts:
        return await self._facts("POST", f"{_at(app_id)}/publish", {"notes": notes, "environment": environment})

    async def list_versions(self, app_id: str) -> Sequence[Facts]:
        return await self._all(f"{_at(app_id)}/versions")

    async def note(self, app_id: str, number: int, notes: str) -> Facts:
        return await self._facts("PATCH", f"{_at(app_id)}/versions/{number}", {"notes": notes})

    async def compare(self, app_id: str, old: str, new: str) -> Facts:
        found: Facts = await self.ask("GET", f"{_at(app_id)}/difference", query={"old": old, "new": new})
        return found

    async def restore(self, app_id: str, number: int) -> Facts:
        return await self._facts("POST", f"{_at(app_id)}/versions/{number}/restore")

    async def promote(self, app_id: str, environment: str, number: int | None) -> Facts:
        return await self._facts("POST", f"{_at(app_id)}/environments/{_part(environment)}", {"number": number})

    async def duplicate(self, app_id: str, name: str | None) -> Facts:
        return await self._facts("POST", f"{_at(app_id)}/copies", {"name": name})

    async def tag(self, app_id: str, tags: Sequence[str]) -> Facts:
        return await self._facts("PUT", f"{_at(app_id)}/tags", {"tags": list(tags)})

    async def list_runs(self, filters: Filters) -> Sequence[Facts]:
        return await self._newest("/runs", filters)

    async def list_messages(self, filters: Filters) -> Sequence[Facts]:
        return await self._newest("/messages", filters)

    async def get_message(self, message_id: str) -> Facts:
        return await self._facts("GET", f"/messages/{_part(message_id)}")

    async def rate(self, message_id: str, rating: str | None, content: str) -> Facts:
        body = {"rating": rating, "content": content}
        return await self._facts("PUT", f"/messages/{_part(message_id)}/feedback", body)

    async def list_annotations(self, app_id: str, text: str) -> Sequence[Facts]:
        return await self._all(f"{_at(app_id)}/annotations", {"text": text})

    async def add_annotation(self, app_id: str, question: str, answer: str) -> Facts:
        return await self._facts("POST", f"{_at(app_id)}/annotations", {"question": question, "answer": answer})

    async def edit_annotation(self, app_id: str, annotation_id: str, question: str, answer: str) -> Facts:
        body = {"question": question, "answer": answer}
        return await self._facts("PUT", f"{_at(app_id)}/annotations/{_part(annotation_id)}", body)

    async def remove_annotation(self, app_id: str, annotation_id: str) -> None:
        await self.ask("DELETE", f"{_at(app_id)}/annotations/{_part(annotation_id)}")

    async def retention(self, app_id: str | None) -> int | None:
        days: int | None = (await self.ask("GET", _kept(app_id)))["days"]
        return days

    async def retain(self, app_id: str | None, days: int | None) -> None:
        await self.ask("PUT", _kept(app_id), body={"days": days})

    async def _facts(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Facts:
        made: Facts = await self.ask(method, path, body=body)
        return made

    async def _newest(self, path: str, filters: Filters) -> Sequence[Facts]:
        query: Any = {**filters, "limit": str(MOST)}
        found: Sequence[Facts] = (await self.ask("GET", path, query=query))["data"]
        return found

    async def _all(self, path: str, query: Mapping[str, str] | None = None) -> Sequence[Facts]:
        found: list[Facts] = []
        asked = {**(query or {}), "limit": str(MOST)}
        while True:
            page = await self.ask("GET", path, query=asked)
            found += page["data"]
            if page["next"] is None:
                return found
            asked["after"] = page["next"]


async def _all(read: Callable[[PageRequest], Awaitable[Page[Any]]]) -> list[Any]:
    found: list[Any] = []
    after: str | None = None
    while True:
        page = await read(PageRequest(MOST, after))
        found += page.items
        if page.next is None:
            return found
        after = page.next


def _facts(shape: Any) -> Facts:
    facts: Facts = shape.model_dump(mode="json")
    return facts


def _app(app: Any) -> Facts:
    from loomwork.interface.http.api.shapes import AppShape

    return _facts(AppShape.model_validate(app))


def _annotation(annotation: Any) -> Facts:
    from loomwork.interface.http.api.log_shapes import AnnotationShape

    return _facts(AnnotationShape.of(annotation))


def _environment(word: str) -> "Environment":
    """Raises `InvalidInput` for a word that names none."""
    from loomwork.apps.api import ENVIRONMENTS

    for environment in ENVIRONMENTS:
        if word == environment:
            return environment
    raise InvalidInput(f"{word[:40]!r} is no environment; there are {', '.join(ENVIRONMENTS)}.", field="environment")


def _number(chosen: str) -> int | None:
    """None for the draft. Raises `InvalidInput`."""
    if chosen == DRAFT:
        return None
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 12):
        raise InvalidInput(f"{chosen[:40]!r} is no version; give its number, or draft.")
    return int(chosen)


def _typed(filters: Filters) -> dict[str, Any]:
    """Filters as the doors take them. Raises `InvalidInput`."""
    given: dict[str, Any] = dict(filters)
    for name in ("since", "until"):
        if name in given:
            given[name] = moment(given[name])
    if "version" in given:
        given["version"] = _number(given["version"])
    if "environment" in given:
        given["environment"] = _environment(given["environment"])
    if "app_id" in given:
        given["app_id"] = AppId(given["app_id"])
    if "conversation_id" in given:
        given["conversation_id"] = ConversationId(given["conversation_id"])
    return given


def _message(message_id: str) -> MessageId:
    return MessageId(message_id)


def _at(app_id: str) -> str:
    return f"/apps/{_part(app_id)}"


def _kept(app_id: str | None) -> str:
    return "/retention" if app_id is None else f"{_at(app_id)}/retention"


def _part(text: str) -> str:
    """A part of a path, whatever it holds."""
    return quote(text, safe="")
