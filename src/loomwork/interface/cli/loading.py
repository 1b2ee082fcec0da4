"""Local models on their way from the disk into memory, as a line each."""

from collections.abc import Callable
from typing import Final

from rich.text import Text

from loomwork.interface.cli.screen import Screen
from loomwork.model_gateway.api import WeightsStatus

PATIENT_LOOKS: Final = 5
"""How often a model may be seen loading before that is worth a line: with the pause between looks, about a second."""


class LoadView:
    """Says once of each model that it is being loaded, where that takes a while. `tell` prints the line when it may."""

    def __init__(self, screen: Screen, tell: Callable[[Text], None]) -> None:
        self._screen = screen
        self._tell = tell
        self._looks: dict[str, int] = {}

    def show(self, status: WeightsStatus) -> None:
        if status.memory != "loading":
            self._looks.pop(status.model, None)
            return
        looks = self._looks[status.model] = self._looks.get(status.model, 0) + 1
        if looks == PATIENT_LOOKS + 1:
            self._tell(self._screen.line("wait", f"Loading {status.model} into memory."))
