"""Reads `<folder>/<id>/provider.yml` and `<folder>/<id>/models/*.yml`, from several folders laid over each other."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Provider, ProviderCard

LARGEST_FILE = 256 * 1024
"""Bytes. A provider or model file is a page of text; anything larger is not one."""

C = TypeVar("C", bound=BaseModel)
Signature = tuple[tuple[str, int, int], ...]


class UnusableFile(Exception):
    """A file of the catalog that cannot be read, in a sentence."""


class CatalogReader:
    """Implements `CatalogSource`. Files in a later folder replace those of the same provider, or model, in an earlier
    one. What was read is kept until a file appears, changes or goes away.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._signature: Signature | None = None
        self._catalog = Catalog({})

    def read(self) -> Catalog:
        """See `CatalogSource.read`."""
        files = [(path, *_stamp(path)) for path in self._files()]
        signature = tuple((str(path), changed, size) for path, changed, size in files)
        if signature != self._signature:
            self._catalog = _read_all([path for path, _, _ in files])
            self._signature = signature
        return self._catalog

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            yield from sorted(folder.glob("*/provider.yml"))
            yield from sorted(folder.glob("*/models/*.yml"))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, -1
    return status.st_mtime_ns, status.st_size


def _read_all(files: Sequence[Path]) -> Catalog:
    cards: dict[str, ProviderCard | str] = {}
    models: dict[str, dict[str, ModelCard | str]] = {}
    for path in files:
        if path.name == "provider.yml" and path.parent.name != "models":
            cards[path.parent.name] = _provider_card(path)
        else:
            _add_model(models.setdefault(path.parent.parent.name, {}), path)
    for orphan in models.keys() - cards.keys():
        cards[orphan] = "It has models, but no provider.yml."
    return Catalog(
        {name: _provider(card, models.get(name, {})) for name, card in cards.items() if isinstance(card, ProviderCard)},
        {name: problem for name, problem in cards.items() if isinstance(problem, str)},
    )


def _provider(card: ProviderCard, models: Mapping[str, ModelCard | str]) -> Provider:
    usable = {model.id: model for model in models.values() if isinstance(model, ModelCard)}
    return Provider(card, usable, {name: problem for name, problem in models.items() if isinstance(problem, str)})


def _add_model(models: dict[str, ModelCard | str], path: Path) -> None:
    """Kept by file name, so that a later folder's file replaces the earlier one even where it cannot be read."""
    try:
        models[path.stem] = _card(path, ModelCard)
    except UnusableFile as problem:
        models[path.stem] = str(problem)


def _provider_card(path: Path) -> ProviderCard | str:
    try:
        card = _card(path, ProviderCard)
    except UnusableFile as problem:
        return str(problem)
    if card.id != path.parent.name:
        return f"{path}: its id {card.id!r} is not the name of its folder."
    return card


def _card(path: Path, shape: type[C]) -> C:
    try:
        return shape.model_validate(_document(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the document"
        raise UnusableFile(f"{path}: {place}: {first['msg']}.") from None


def _document(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnusableFile(f"{path} is larger than {LARGEST_FILE} bytes.")
        text = path.read_text(encoding="utf-8")
        # An alias can make a page of text expand without bound, and a description of a model has no use for one.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise UnusableFile(f"{path}: aliases (*name) are not allowed here.")
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UnusableFile(f"{path}{place}: {error.problem or 'not YAML'}.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnusableFile(f"{path} cannot be read: {type(error).__name__}.") from None
