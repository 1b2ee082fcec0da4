"""Reads `<folder>/<id>/provider.yml` and `<folder>/<id>/models/*.yml`, from several folders laid over each other."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TypeVar, cast

from pydantic import BaseModel

from loomwork.adapters.catalog.card_files import Named, UnusableFile, card_of, entries, stamp, stamped
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Provider, ProviderCard

V = TypeVar("V")
Stamped = tuple[Path, int, int]
"""A file, when it changed (nanoseconds), and its size."""
Signature = tuple[Named, ...]
"""Every file there is."""


def _in_a_thread(look: Callable[[], None]) -> None:
    Thread(target=look, name="loomwork-catalog", daemon=True).start()


class CatalogReader:
    """Implements `CatalogSource`. Files in a later folder replace those of the same provider, or model, in an earlier
    one.

    What was read is kept until a file appears, changes or goes away, which is looked for every `interval` seconds at
    most: a call of a model reads the catalog, and is not to look at hundreds of files. While calls come all the time,
    none of them waits for a look: the one that comes in its second half has the next look done `aside`. The models of
    a provider are read when somebody asks for them, so that a start does not wait for those that nobody uses.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        interval: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        aside: Callable[[Callable[[], None]], None] = _in_a_thread,
    ) -> None:
        self._folders = tuple(folders)
        self._interval = interval
        self._clock = clock
        self._aside = aside
        self._looked: float | None = None
        self._is_looking = False
        self._found: tuple[float, Signature] | None = None
        self._signature: Signature | None = None
        self._catalog = Catalog({})
        self._cards = _Cards()

    def read(self) -> Catalog:
        """See `CatalogSource.read`."""
        now = self._clock()
        self._take_what_was_found()
        if self._looked is None or now - self._looked >= self._interval:
            self._take(now, self._files())
        elif now - self._looked >= self._interval / 2 and not self._is_looking:
            self._is_looking = True
            self._aside(lambda: self._look(now))
        return self._catalog

    def look_again(self) -> None:
        """Have the next reader look at the files, whenever the last one did."""
        self._looked = None

    def _files(self) -> Signature:
        return tuple(file for folder in self._folders for file in _files_in(folder))

    def _look(self, now: float) -> None:
        """Beside whoever reads: all that it does here is to leave what it found."""
        try:
            self._found = now, self._files()
        finally:
            self._is_looking = False

    def _take_what_was_found(self) -> None:
        found, self._found = self._found, None
        # A look that began before the last one, or before somebody changed a file, says nothing new.
        if found is not None and self._looked is not None and found[0] > self._looked:
            self._take(*found)

    def _take(self, looked: float, signature: Signature) -> None:
        self._looked = looked
        if signature != self._signature:
            files = [(Path(name), changed, size) for name, changed, size in signature]
            self._cards.keep(files)
            self._catalog = _put_together(files, self._cards)
            self._signature = signature


def _files_in(folder: Path) -> Iterator[Named]:
    """The files of each provider, by its name: `provider.yml` and `models/*.yml`.

    By way of `os`, and with names for paths: this looks at some three hundred files, and now and then a call waits
    meanwhile. `Path.glob` takes fifteen times as long.
    """
    for provider in entries(folder):
        with suppress(OSError):
            yield stamped(f"{provider.path}/provider.yml", os.stat(f"{provider.path}/provider.yml"))
        for model in entries(f"{provider.path}/models"):
            if model.name.endswith(".yml"):
                yield stamp(model)


class _Cards:
    """What files say, each read once for as long as it stays what it is: the card, or a sentence that says what keeps
    it from being one.
    """

    def __init__(self) -> None:
        self._read: dict[Stamped, BaseModel | str] = {}

    def keep(self, files: Sequence[Stamped]) -> None:
        """Forget all others."""
        self._read = {file: self._read[file] for file in files if file in self._read}

    def provider(self, file: Stamped) -> ProviderCard | str:
        return cast(ProviderCard | str, self._card(file, ProviderCard))

    def model(self, file: Stamped) -> ModelCard | str:
        return cast(ModelCard | str, self._card(file, ModelCard))

    def _card(self, file: Stamped, shape: type[BaseModel]) -> BaseModel | str:
        if file not in self._read:
            try:
                self._read[file] = card_of(file[0], shape)
            except UnusableFile as problem:
                self._read[file] = str(problem)
        return self._read[file]


class _ModelFiles:
    """The model files of one provider, read when one of them is asked for. By file name: a later folder's file
    replaces the earlier one even where it cannot be used.
    """

    def __init__(self, cards: _Cards) -> None:
        self._cards = cards
        self.files: dict[str, Stamped] = {}

    @cached_property
    def models(self) -> Mapping[str, ModelCard]:
        return {card.id: card for card in self._read.values() if isinstance(card, ModelCard)}

    @cached_property
    def problems(self) -> Mapping[str, str]:
        return {name: card for name, card in self._read.items() if isinstance(card, str)}

    @cached_property
    def _read(self) -> Mapping[str, ModelCard | str]:
        return {name: self._cards.model(file) for name, file in self.files.items()}


class _Later(Mapping[str, V]):
    """A mapping that is made when it is first looked into."""

    def __init__(self, make: Callable[[], Mapping[str, V]]) -> None:
        self._make = make

    def __getitem__(self, key: str) -> V:
        return self._make()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())


def _put_together(files: Sequence[Stamped], cards: _Cards) -> Catalog:
    named: dict[str, Stamped] = {}
    models: dict[str, _ModelFiles] = {}
    for file in files:
        path = file[0]
        if path.parent.name == "models":
            models.setdefault(path.parent.parent.name, _ModelFiles(cards)).files[path.stem] = file
        else:
            named[path.parent.name] = file
    found = {name: _named_like_its_folder(file[0], cards.provider(file)) for name, file in named.items()}
    problems = {name: card for name, card in found.items() if isinstance(card, str)}
    problems |= dict.fromkeys(models.keys() - found.keys(), "It has models, but no provider.yml.")
    providers = {
        name: _provider(card, models.get(name) or _ModelFiles(cards))
        for name, card in found.items()
        if isinstance(card, ProviderCard)
    }
    return Catalog(providers, problems)


def _named_like_its_folder(path: Path, card: ProviderCard | str) -> ProviderCard | str:
    if isinstance(card, ProviderCard) and card.id != path.parent.name:
        return f"{path}: its id {card.id!r} is not the name of its folder."
    return card


def _provider(card: ProviderCard, models: _ModelFiles) -> Provider:
    return Provider(card, _Later(lambda: models.models), _Later(lambda: models.problems))
