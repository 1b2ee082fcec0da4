"""Downloads, as a reader of a log sees them."""

import dataclasses
from collections.abc import Iterator

import pytest

from loomwork.interface.cli.fetching import FetchView, fetch_weights
from loomwork.interface.cli.screen import Screen
from loomwork.model_gateway.api import ModelUnavailable, WeightsStatus

ABSENT = WeightsStatus(
    model="local/small", state="absent", source="a hub", size=500_000_000, fetched=0, licence="Apache-2.0"
)


class Arriving:
    """A model that arrives in as many looks as there are states."""

    def __init__(self, *states: WeightsStatus, problem: str | None = None) -> None:
        self._states: Iterator[WeightsStatus] = iter(states)
        self._last = ABSENT
        self._problem = problem

    async def status(self) -> list[WeightsStatus]:
        self._last = next(self._states, self._last)
        return [self._last]

    async def fetch(self, model: str) -> WeightsStatus:
        return (await self.status())[0]

    async def wait(self, model: str) -> WeightsStatus:
        if self._problem is not None:
            raise ModelUnavailable(self._problem)
        while self._last.state != "ready":
            await self.status()
        return self._last


def at(share: float) -> WeightsStatus:
    return dataclasses.replace(ABSENT, state="fetching", fetched=int(ABSENT.size * share))


READY = dataclasses.replace(ABSENT, state="ready", fetched=ABSENT.size)


def test_what_comes_is_named_first_then_its_progress_then_its_arrival(capsys: pytest.CaptureFixture[str]) -> None:
    with FetchView(Screen()) as view:
        for status in (ABSENT, at(0), at(0.31), at(0.32), at(0.9), READY, READY):
            view.show(status)
    first, *middle, last = capsys.readouterr().err.splitlines()
    assert "Fetching local/small, 500 MB (Apache-2.0), from a hub. This happens once." in first
    assert [line.strip() for line in middle] == ["155 MB of 500 MB", "450 MB of 500 MB"]
    assert "local/small is here." in last


def test_what_was_here_already_is_not_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    with FetchView(Screen()) as view:
        view.show(READY)
    assert capsys.readouterr().err == ""


async def test_a_fetch_that_succeeds_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert await fetch_weights(Screen(), Arriving(at(0.5), at(0.6), READY), "local/small")


async def test_a_fetch_that_fails_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert not await fetch_weights(Screen(), Arriving(at(0.5), problem="No source has it."), "local/small")
    assert "No source has it." in capsys.readouterr().err
