"""What every test may count on: the asyncio backend, the corpus, and time enough for a slow test."""

import os
from pathlib import Path

import pytest

LONG = 600
"""Seconds that only a long test is allowed."""

REPO = Path(__file__).resolve().parent.parent

SLOW_TIMEOUT = 1200
"""Seconds a slow test may take: the first one may have to fetch the weights of the local model."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """A folder of app files from the wild: `CORPUS_DIR`, by default beside the checkout. Skips where it is absent."""
    folder = Path(os.environ.get("CORPUS_DIR") or REPO.parent / "shared" / "corpus" / "dify-dsl")
    if not folder.is_dir():
        pytest.skip(f"no corpus of app files at {folder} (set CORPUS_DIR)")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT))
    # Stable: the others keep their order.
    items.sort(key=lambda item: not _is_long(item))


def _is_long(item: pytest.Item) -> bool:
    """Whether it may take many minutes. Such tests begin first, so that none is left alone at the end of a run."""
    limit = item.get_closest_marker("timeout")
    return limit is not None and bool(limit.args) and limit.args[0] >= LONG
