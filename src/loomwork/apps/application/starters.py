"""Starter apps: documents of the catalog, in the very format that users export."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loomwork.apps.api import Starter
from loomwork.apps.ports import AppStore
from loomwork.dsl import Document, read_document, write_tree
from loomwork.kernel.errors import NotFound
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope

PAGE = 100


def list_starters(folder: Path) -> Sequence[Starter]:
    """Every starter of the catalog, by file name."""
    return [_starter(path.stem, read_document(path.read_bytes())) for path in sorted(folder.glob("*.yml"))]


def starter_document(folder: Path, starter_id: str) -> str:
    """A starter's document. Raises `NotFound`."""
    names = {path.stem: path for path in folder.glob("*.yml")}
    if starter_id not in names:
        raise NotFound(f"There is no starter app '{starter_id}'.")
    return names[starter_id].read_text(encoding="utf-8")


async def unlike_the_others(scope: Scope, document: str, apps: AppStore) -> str:
    """The document under a name that no app of the workspace has: "Chat", then "Chat 2"."""
    read = read_document(document)
    taken = await _names_like(scope, read.name, apps)
    if read.name not in taken:
        return document
    name = next(name for count in itertools.count(2) if (name := f"{read.name} {count}") not in taken)
    return with_name(document, name)


def with_name(document: str, name: str) -> str:
    """The document of an app that is called so."""
    tree = read_document(document).tree
    # A knowledge pipeline keeps its name elsewhere, and the oldest files have none at all.
    place = (
        "app" if isinstance(tree.get("app"), dict) or not isinstance(tree.get("rag_pipeline"), dict) else "rag_pipeline"
    )
    return write_tree({**tree, place: {**tree.get(place, {}), "name": name}})


async def _names_like(scope: Scope, name: str, apps: AppStore) -> set[str]:
    names: set[str] = set()
    after: str | None = None
    while True:
        page = await apps.list_apps(scope, PageRequest(limit=PAGE, after=after), search=name)
        names |= {app.name for app in page.items}
        if page.next is None:
            return names
        after = page.next


def _starter(starter_id: str, document: Document) -> Starter:
    return Starter(
        id=starter_id,
        name=document.name,
        description=document.description,
        mode=document.mode,
        icon=document.icon,
        icon_background=document.icon_background,
        sample_inputs=_samples(document.tree),
    )


def _samples(tree: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    extension = tree.get("x-loomwork")
    samples = extension.get("samples") if isinstance(extension, Mapping) else None
    return [sample for sample in samples if isinstance(sample, Mapping)] if isinstance(samples, list) else []
