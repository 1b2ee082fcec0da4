"""Putting a model file in its place: written under another name, checked, then renamed, so that it is there or not."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from loomwork.model_gateway.domain.provider import Weights

BLOCK = 1024 * 1024
"""Bytes read at a time."""


class SourceFailed(Exception):
    """A source does not have the file, or not the right one, in a sentence without its full stop."""


def place(blocks: Iterable[bytes], weights: Weights, target: Path, *, go_on: Callable[[], bool]) -> None:
    """Write the blocks to `target` if they are the weights; raises `SourceFailed` if they are not. Blocks the caller
    for seconds. `go_on` is asked now and then, and answering False ends it.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            _write_checked(blocks, weights, file.write, go_on)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def adopt(found: Path, weights: Weights, target: Path, *, go_on: Callable[[], bool]) -> None:
    """Make a file that lies elsewhere the one at `target`: checked, then linked, or copied where that cannot be."""
    if found.stat().st_size != weights.size:
        raise SourceFailed(f"{found} is not {weights.file}: its size differs")
    _write_checked(blocks_of(found), weights, lambda block: len(block), go_on)
    try:
        os.link(found, target)
    except FileExistsError:
        return
    except OSError:
        place(blocks_of(found), weights, target, go_on=go_on)


def _write_checked(
    blocks: Iterable[bytes], weights: Weights, write: Callable[[bytes], int], go_on: Callable[[], bool]
) -> None:
    digest, written = hashlib.sha256(), 0
    for block in blocks:
        written += len(block)
        if written > weights.size:
            raise SourceFailed(f"what came is larger than {weights.file}")
        if not go_on():
            raise SourceFailed("it was stopped")
        digest.update(block)
        write(block)
    if digest.hexdigest() != weights.sha256:
        raise SourceFailed(f"what came is not {weights.file}: its SHA-256 differs")
