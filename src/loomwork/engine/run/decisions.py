"""What the core hears and what it decides. Nodes are named by (frame, index): plain integers, cheap to make."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.engine.ports import NodeResult


@dataclass(slots=True)
class Begin:
    """The run begins at `root`; other roots did not fire."""

    root: int
    namespaces: Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Succeeded:
    frame: int
    node: int
    result: NodeResult


@dataclass(slots=True)
class Failed:
    frame: int
    node: int
    error: Mapping[str, str]
    retryable: bool


@dataclass(slots=True)
class Said:
    """A node streamed a piece of one of its outputs."""

    frame: int
    node: int
    output: str
    text: str


@dataclass(slots=True)
class RetryDue:
    frame: int
    node: int


@dataclass(slots=True)
class CancelAsked:
    by: str


CoreEvent = Begin | Succeeded | Failed | Said | RetryDue | CancelAsked


@dataclass(slots=True)
class StartNode:
    frame: int
    node: int
    attempt: int


@dataclass(slots=True)
class SkipNode:
    frame: int
    node: int


@dataclass(slots=True)
class Say:
    """Show a piece of the answer. `teller` is the response node; `source` is the selector it comes from."""

    frame: int
    teller: int
    text: str
    source: tuple[str, ...]
    producer: int


@dataclass(slots=True)
class RetryNode:
    """Run the node again after `delay` seconds."""

    frame: int
    node: int
    attempt: int
    delay: float
    error: Mapping[str, str]


@dataclass(slots=True)
class ReportFailure:
    """The node failed for good. `handled` names the error strategy that stands in, with its outputs."""

    frame: int
    node: int
    attempt: int
    error: Mapping[str, str]
    handled: str | None
    outputs: Mapping[str, Any] | None


@dataclass(slots=True)
class FinishRun:
    """The run has come to its end; nothing is decided after this."""

    partial: bool
    outputs: Mapping[str, Any]
    answer: str | None
    usage: Mapping[str, Any]


@dataclass(slots=True)
class FailRun:
    node: int
    error: Mapping[str, str]


@dataclass(slots=True)
class StopRun:
    by: str


Decision = StartNode | SkipNode | Say | RetryNode | ReportFailure | FinishRun | FailRun | StopRun
