"""What every test may count on: the asyncio backend, the corpus, and time enough for a slow test."""

import os
from pathlib import Path

import pytest

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
