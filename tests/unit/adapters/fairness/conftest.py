"""A clock that stands still until it is told to go on."""

import pytest


class Watch:
    """What `Shares` measure with."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def go_on(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()
