"""The `taskingai` package works unchanged for inference."""

from collections.abc import Mapping

import pytest

from loomwork.interface.http.compat.taskingai.model_ids import model_id_of
from tests.clients.conftest import ServedWorld
from tests.clients.environments import client_program

CHECKS = ("chat", "functions", "stream", "in_async", "embeddings", "errors")


@pytest.fixture(scope="module")
def told(named_world: ServedWorld) -> Mapping[str, str]:
    """What came of each thing that a program did with the package."""
    ids = [model_id_of(f"test/{name}") for name in ("hello", "tools", "outage", "cut", "vectors")]
    host = f"{named_world.url}/taskingai"
    told: Mapping[str, str] = client_program("taskingai_calls", "taskingai").run(host, named_world.key(), *ids)
    assert set(told) == set(CHECKS)
    return told


@pytest.mark.parametrize("check", CHECKS)
def test_a_program_does_with_it_what_it_does_elsewhere(told: Mapping[str, str], check: str) -> None:
    assert told[check] == "ok", told[check]
