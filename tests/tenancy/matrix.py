"""The matrix: each operation with each id of another workspace, in each place that takes one, by whoever may not.

A cell of it is asked twice: with the id of a thing that another workspace has, and with its twin, an id as like it as
can be that nobody has. Whoever cannot tell the two answers apart has learnt nothing.
"""

import copy
import io
import re
import secrets
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.tenancy.meanings import OPEN, SILENT, Names, example_of, key_of, names_of
from tests.tenancy.operations import Operation, Part
from tests.tenancy.tenants import Installation, Tenant

_ORDER = ("GET", "DELETE", "POST", "PATCH", "PUT")
"""What makes things under names of the caller's choice comes last."""

ALL_OF_IT = "DELETE /api/v1/workspace"
"""After which nothing is left to ask for."""

REFUSED = (401, 403, 404)
_UUID_TAIL = re.compile(r"[0-9a-f]{12}$")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|\+00:00)|\b1[0-9]{9}\b")


@dataclass(frozen=True, slots=True)
class Cell:
    """One question of the matrix: whether an id of `victim`'s, in one part of an operation, tells `asker` anything."""

    operation: Operation
    part: Part
    names: Names
    thing: str

    def __str__(self) -> str:
        return f"{self.operation} with another's {self.thing} in {self.part}"


def cells_of(operation: Operation) -> Iterator[Cell]:
    """The parts of the body first: a path that names what it makes would make it before."""
    for part in sorted(operation.parts, key=lambda part: part.place):
        for names in names_of(operation, part) or ():
            yield from (Cell(operation, part, names, thing) for thing in names.things)


def twin_of(word: str) -> str:
    """A word of the same shape that names nothing: of an id, one of the same time, so that it sorts alike."""
    if _UUID_TAIL.search(word):
        return word[:-12] + secrets.token_hex(6)
    return word[:-4] + secrets.token_hex(2)


async def findings(opened: Installation) -> AsyncIterator[str]:
    """All that one workspace could learn of another, or change there: nothing, where the walls hold."""
    for operation in sorted(opened.operations, key=lambda each: _ORDER.index(each.method)):
        if str(operation) in OPEN:
            continue
        before = await opened.rows.hash(opened.theirs.owners)
        async for each in _of_operation(opened, operation):
            yield each
        if await opened.rows.hash(opened.theirs.owners) != before:
            yield f"{operation} changed rows of another workspace"
    async for each in _of_repeated_keys(opened):
        yield each


async def _of_operation(opened: Installation, operation: Operation) -> AsyncIterator[str]:
    async for each in _without_leave(opened, operation):
        yield each
    for cell in cells_of(operation):
        async for each in _of_cell(opened, cell, opened.ours, opened.ours.keys[key_of(operation)]):
            yield each
    if operation.method == "GET":
        answer = await ask(opened, operation, opened.ours, opened.ours.keys[key_of(operation)])
        for each in _shown(_text(answer), opened.theirs):
            yield f"{operation} shows {each} of another workspace"


async def _without_leave(opened: Installation, operation: Operation) -> AsyncIterator[str]:
    """Without a key, with one that never was, with one that was revoked and with one for another door."""
    theirs = opened.theirs
    another = "workspace" if operation.surface == "/v1" else "chat"
    keys = {"no key": None, "a guess": "lw-guess", "a revoked key": theirs.keys["revoked"]}
    if operation.surface in ("/api/v1", "/v1"):
        keys["a key for another door"] = opened.ours.keys[another]
    for name, key in keys.items():
        answer = await ask(opened, operation, theirs, key)
        if answer.status_code not in (401, 403):
            yield f"{operation} answers {name} with {answer.status_code}"
        for each in _shown(answer.text, theirs):
            yield f"{operation} shows {each} to {name}"


async def _of_cell(opened: Installation, cell: Cell, asker: Tenant, key: str) -> AsyncIterator[str]:
    victims = opened.theirs.ids[cell.thing]
    foreign, twin = (cell.names.written.format(word) for word in (victims, twin_of(victims)))
    told = await ask(opened, cell.operation, asker, key, {cell.part: foreign})
    control = await ask(opened, cell.operation, asker, key, {cell.part: twin})
    if cell.names.expected == "refused" and str(cell.operation) not in SILENT and told.status_code not in REFUSED:
        yield f"{cell}: {told.status_code} {told.text[:200]}"
    if _alike(told, foreign) != _alike(control, twin):
        nobodys = f"{control.status_code} {control.text[:200]}"
        yield f"{cell}: {told.status_code} {told.text[:200]}, but of nobody's {nobodys}"
    for each in _shown(_without(told.text, foreign), opened.theirs):
        yield f"{cell} shows {each}"


async def _of_repeated_keys(opened: Installation) -> AsyncIterator[str]:
    """The same `Idempotency-Key` for the same request: what another workspace was answered is not for this one."""
    repeated = {"headers": {"Idempotency-Key": secrets.token_hex(8)}, "json": {"starter": "chat"}}
    made = [
        await opened.ask("POST", "/api/v1/apps", tenant.keys["workspace"], **repeated)
        for tenant in (opened.theirs, opened.ours)
    ]
    if made[0].json()["id"] in made[1].text:
        yield "POST /api/v1/apps hands out another workspace's answer for the same Idempotency-Key"
    for answer in made:
        answer.raise_for_status()


def _alike(answer: httpx.Response, word: str) -> tuple[int, str | None, str]:
    """What an answer says, but for the word that was asked about, and for what is another with each request."""
    text = _MOMENT.sub("<time>", _UUID.sub("<id>", _without(answer.text, word)))
    return answer.status_code, answer.headers.get("content-type"), text


def _without(text: str, word: str) -> str:
    return text.replace(quote(word, safe=""), "<asked>").replace(word, "<asked>")


def _shown(text: str, theirs: Tenant) -> list[str]:
    return [mark for mark in theirs.marks if mark in text]


def _text(answer: httpx.Response) -> str:
    """What an answer says, unpacked where it is an archive."""
    if answer.headers.get("content-type") != "application/zip":
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return "\n".join(packed.read(name).decode() for name in packed.namelist())


async def owners_answers(opened: Installation) -> list[str]:
    """What the owner of the things is refused, though he may: each would make a refusal of others mean nothing. What
    removes things comes last.
    """
    found = []
    for operation in sorted(opened.operations, key=lambda each: (each.method == "DELETE", str(each) == ALL_OF_IT)):
        if str(operation) in OPEN:
            continue
        answer = await ask(opened, operation, opened.theirs, opened.theirs.keys[key_of(operation)])
        if not answer.is_success and answer.status_code not in example_of(operation).status:
            found.append(f"{operation}: {answer.status_code} {answer.text[:300]}")
    return found


async def ask(
    opened: Installation,
    operation: Operation,
    tenant: Tenant,
    key: str | None,
    instead: Mapping[Part, str] | None = None,
) -> httpx.Response:
    """A valid request about things of `tenant`, but for the parts that are given `instead`."""
    example, instead = example_of(operation), instead or {}
    values = {name: _own(operation, Part("path", name), tenant) for name in operation.in_path}
    query = dict(example.query(tenant)) if example.query is not None else {}
    body = copy.deepcopy(example.body(tenant)) if example.body is not None else None
    for part, word in instead.items():
        if part.place == "body":
            body = _put(body, part.name.split("."), word)
        else:
            (values if part.place == "path" else query)[part.name] = word
    url = operation.url({name: quote(value, safe="/") for name, value in values.items()})
    given: dict[str, Any] = dict(example.form(tenant)) if example.form is not None else {}
    if body is not None:
        given["json"] = body
    return await opened.ask(operation.method, url, key, params=query, **given)


def _own(operation: Operation, part: Part, tenant: Tenant) -> str:
    chosen = example_of(operation).ids.get(part.name, "")
    if chosen.startswith("="):
        return chosen[1:]
    first = next(iter(names_of(operation, part) or (Names(("app",)),)))
    return first.written.format(tenant.ids[chosen or first.things[0]])


def _put(body: Any, path: list[str], word: str) -> Any:
    """The body with a word in one place; what the way there leads through is made where it is absent."""
    first, *rest = path
    if isinstance(body, list):
        return [_put(each, path, word) for each in body]
    inner = _put((body or {}).get(first, {}), rest, word) if rest else word
    return {**(body or {}), first: inner}
