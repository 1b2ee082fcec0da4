"""Reads `<folder>/<id>/tool.yml`, from several folders laid over each other."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from loomwork.adapters.catalog.card_files import Named, UnusableFile, card_of, entries, stamped
from loomwork.adapters.tools.cards import ToolsetCard

TOOL_FILE = "tool.yml"


@dataclass(frozen=True, slots=True)
class ToolFiles:
    """What the files say: a card for each toolset, and a sentence for each file that cannot be used."""

    cards: Mapping[str, ToolsetCard] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


class ToolFileReader:
    """A file in a later folder replaces the one of the same id in an earlier one. What was read is kept until a file
    appears, changes or goes away, which is looked for every `interval` seconds at most.
    """

    def __init__(
        self, folders: Sequence[Path], *, interval: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folders = tuple(folders)
        self._interval = interval
        self._clock = clock
        self._looked: float | None = None
        self._signature: tuple[Named, ...] = ()
        self._files = ToolFiles()

    def read(self) -> ToolFiles:
        """The same object for as long as no file is another."""
        now = self._clock()
        if self._looked is None or now - self._looked >= self._interval:
            self._looked = now
            signature = tuple(file for folder in self._folders for file in _files_in(folder))
            if signature != self._signature:
                self._files, self._signature = _read(signature), signature
        return self._files


def _files_in(folder: Path) -> Iterator[Named]:
    for toolset in entries(folder):
        name = f"{toolset.path}/{TOOL_FILE}"
        with suppress(OSError):
            yield stamped(name, os.stat(name))


def _read(files: Sequence[Named]) -> ToolFiles:
    found = {Path(name).parent.name: _card(Path(name)) for name, _, _ in files}
    cards = {name: card for name, card in found.items() if isinstance(card, ToolsetCard)}
    return ToolFiles(cards, {name: card for name, card in found.items() if isinstance(card, str)})


def _card(path: Path) -> ToolsetCard | str:
    try:
        card = card_of(path, ToolsetCard)
    except UnusableFile as problem:
        return str(problem)
    if card.id != path.parent.name:
        return f"{path}: its id {card.id!r} is not the name of its folder."
    return card
