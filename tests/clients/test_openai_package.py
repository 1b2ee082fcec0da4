"""The official `openai` package works unchanged, in both majors that people use."""

from collections.abc import Mapping

import pytest

from tests.clients.conftest import ServedWorld
from tests.clients.environments import client_program

CHECKS = (
    "chat",
    "stream",
    "async_chat",
    "async_stream",
    "stream_helper",
    "parallel_tools_and_their_results",
    "structured_output",
    "reasoning",
    "typed_errors",
    "errors_of_streams",
    "retries",
    "no_retries_of_what_cannot_succeed",
    "embeddings",
    "models",
    "moderations",
    "audio",
    "images",
)


@pytest.fixture(scope="module", params=["openai-2", "openai-3"])
def told(request: pytest.FixtureRequest, named_world: ServedWorld) -> Mapping[str, str]:
    """What came of each thing that a program did with the package."""
    named_world.forget()
    told: Mapping[str, str] = client_program("openai_calls", request.param).run(
        f"{named_world.url}/openai/v1", named_world.key()
    )
    assert told["version"].split(".")[0] == request.param[-1]
    assert set(told) == {"version", *CHECKS}
    return told


@pytest.mark.parametrize("check", CHECKS)
def test_a_program_does_with_it_what_it_does_elsewhere(told: Mapping[str, str], check: str) -> None:
    assert told[check] == "ok", told[check]
