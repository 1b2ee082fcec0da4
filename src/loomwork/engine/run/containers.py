"""One execution of a container: the rounds that are open, and those that have ended."""

from dataclasses import dataclass, field

from loomwork.engine.ports import Rounds
from loomwork.engine.run.frames import Frame


@dataclass(slots=True, eq=False)
class ContainerRun:
    """`frame` and `node` say which container; `opened` counts the rounds begun; `exhausted`: no further one begins.
    `open` holds rounds in order, as they are opened in order.
    """

    frame: Frame
    node: int
    rounds: Rounds
    opened: int = 0
    exhausted: bool = False
    open: dict[int, Frame] = field(default_factory=dict)

    def wants_more(self) -> bool:
        """Whether another round may be opened beside those that are."""
        return not self.exhausted and len(self.open) < max(1, self.rounds.width)

    def is_first(self, index: int) -> bool:
        """Whether all rounds before this one have ended, so that it is its turn to speak."""
        return index <= next(iter(self.open), index)


def has_floor(frame: Frame) -> bool:
    """Whether answers inside this frame may be shown: rounds speak in order, however they run."""
    current: Frame | None = frame
    while current is not None and current.round is not None:
        if not current.round.is_first(current.index):
            return False
        current = current.parent
    return True
