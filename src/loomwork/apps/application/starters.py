"""Starter apps: documents of the catalog, in the very format that users export."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loomwork.apps.api import Starter
from loomwork.dsl import Document, read_document
from loomwork.kernel.errors import NotFound


def list_starters(folder: Path) -> Sequence[Starter]:
    """Every starter of the catalog, by file name."""
    return [_starter(path.stem, read_document(path.read_bytes())) for path in sorted(folder.glob("*.yml"))]


def starter_document(folder: Path, starter_id: str) -> str:
    """A starter's document. Raises `NotFound`."""
    names = {path.stem: path for path in folder.glob("*.yml")}
    if starter_id not in names:
        raise NotFound(f"There is no starter app '{starter_id}'.")
    return names[starter_id].read_text(encoding="utf-8")


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
