"""The corpus as it lies in a folder: app files, what is known of each, and the right answers of some."""

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
SUFFIXES = frozenset({".yml", ".yaml", ".json"})


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """`cluster` is shared by near-copies, which count as one vote together."""

    path: Path
    tier: str
    cluster: str
    mode: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """The right answer of one run. `outputs` holds `answer` for chat apps; None where only the status is known."""

    path: Path
    inputs: Mapping[str, Any]
    query: str | None
    mocks: Mapping[str, Any]
    outputs: Mapping[str, Any] | None
    status: str
    stream: str | None


def corpus_folder() -> Path:
    """`CORPUS_DIR`, by default beside the checkout."""
    return Path(os.environ.get("CORPUS_DIR") or REPO.parent / "shared" / "corpus" / "dify-dsl")


def corpus_files(folder: Path) -> list[CorpusFile]:
    """Every app file of the folder; those that no manifest lists are a tier and a cluster of their own."""
    listed = _manifest(folder / "manifest.tsv")
    return [_described(path, listed.get(path.name, {})) for path in _app_files(folder)]


def broken_files(folder: Path) -> list[Path]:
    """Files that may be refused and may not crash anything."""
    return _app_files(folder / "negative")


def expectations(folder: Path) -> list[Expectation]:
    """The right answers that are known; none where the folder has no list of them."""
    path = folder / "expected.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [_expectation(folder, json.loads(line)) for line in lines if line.strip()]


def _app_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)


def _manifest(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines, delimiter="\t")}


def _described(path: Path, row: Mapping[str, str]) -> CorpusFile:
    return CorpusFile(path, row.get("tier", "?"), row.get("cluster", path.name), row.get("app_mode", "?"))


def _expectation(folder: Path, row: Mapping[str, Any]) -> Expectation:
    return Expectation(
        path=folder / row["file"],
        inputs=row["inputs"],
        query=row["query"],
        mocks=row["node_mocks"],
        outputs=row["expected_outputs"],
        status=row["expected_status"],
        stream=row["expected_stream"],
    )
