"""All that may be sent into a run while it goes, or to have a paused one go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.engine.events import FramePath


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the run: nodes in flight are cancelled, nothing new starts. `by` says who asked."""

    by: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Start nothing new. Once the nodes in flight have ended, the run rests until it is resumed."""

    by: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause that somebody asked for. Questions stay open."""

    by: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answers to the question of a node; `action` None says that the time for it is over. One that does
    not fit, or comes when there is no question any more, changes nothing.
    """

    node_id: str
    frame: FramePath
    action: str | None
    values: Mapping[str, Any]


Command = Cancel | Pause | Resume | Answer
