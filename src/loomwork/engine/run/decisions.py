"""What the core hears and what it decides.

What it hears names a node by the id of its frame and its place in the plan, so that it can be written down and
replayed; what it decides holds the frame itself, which may have ended by the time that the decision is carried out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from loomwork.engine.ports import NodeResult, Question, Rounds, Step
from loomwork.engine.run.frames import Frame


@dataclass(slots=True)
class Begin:
    """The run begins at `root`; other roots did not fire."""

    root: int
    namespaces: Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Succeeded:
    """`elapsed_ms` is since the node's last attempt began, for whoever tells of it. `reused`: another run's result.
    `partial`: a container, in which an error strategy stood in for a node that failed.
    """

    frame: int
    node: int
    result: NodeResult
    elapsed_ms: float = 0.0
    reused: bool = False
    partial: bool = False


@dataclass(slots=True)
class Failed:
    frame: int
    node: int
    error: Mapping[str, str]
    retryable: bool
    elapsed_ms: float = 0.0
    usage: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Said:
    """A node streamed a piece of one of its outputs."""

    frame: int
    node: int
    output: str
    text: str


@dataclass(slots=True)
class Stepped:
    """A node has finished a step of its own."""

    frame: int
    node: int
    step: Step


@dataclass(slots=True)
class RetryDue:
    frame: int
    node: int


@dataclass(slots=True)
class CancelAsked:
    by: str


@dataclass(slots=True)
class Opened:
    """A container has said which rounds it wants."""

    frame: int
    node: int
    rounds: Rounds


@dataclass(slots=True)
class Asked:
    """A node has said what it wants to know of a person, and until when (seconds since the epoch)."""

    frame: int
    node: int
    question: Question
    expires_at: float | None


@dataclass(slots=True)
class Answered:
    """A person has answered, or the time for it is over (`action` None); what the node makes of it comes next."""

    frame: int
    node: int
    action: str | None
    values: Mapping[str, Any]


@dataclass(slots=True)
class PauseAsked:
    """`held` are the nodes (frame and slot) that were decided to start and have not begun: the pause holds them, too,
    and waits out no retry. None where an older release has asked, which let all of these go on.
    """

    by: str
    held: Sequence[tuple[int, int]] | None = None


@dataclass(slots=True)
class ResumeAsked:
    by: str


@dataclass(slots=True)
class Resumed:
    """A process takes the run up after another has died or rested. `lost` are the nodes (frame and slot) that were in
    flight: they run again, and what they have said does not count.
    """

    lost: Sequence[tuple[int, int]]


@dataclass(slots=True)
class LimitReached:
    """The run has used what it may; it fails with this error."""

    error: Mapping[str, str]


NodeEvent = Succeeded | Failed | Said | Stepped | RetryDue | Opened | Asked | Answered
"""What comes from one node."""

RunEvent = Begin | PauseAsked | ResumeAsked | Resumed | CancelAsked | LimitReached
"""What concerns the run as a whole."""

CoreEvent = NodeEvent | RunEvent


@dataclass(slots=True)
class StartNode:
    """`again`: this was decided before, and a pause held it back before the node had begun, or the node has asked a
    person and goes on.
    """

    frame: Frame
    node: int
    attempt: int
    again: bool = False


@dataclass(slots=True)
class SkipNode:
    frame: Frame
    node: int


@dataclass(slots=True)
class Say:
    """Show a piece of the answer. `teller` is the response node; `source` is the selector that the piece comes from,
    `producer` the frame's id and the node.
    """

    frame: Frame
    teller: int
    text: str
    source: tuple[str, ...]
    producer: tuple[int, int]


@dataclass(slots=True)
class ShowStep:
    """Show a step of a node, its `number`-th."""

    frame: Frame
    node: int
    number: int
    step: Step


@dataclass(slots=True)
class RetryNode:
    """Run the node again after `delay` seconds."""

    frame: Frame
    node: int
    attempt: int
    delay: float
    error: Mapping[str, str]


@dataclass(slots=True)
class ReportFailure:
    """The node failed for good. `handled` names the error strategy that stands in, with its outputs."""

    frame: Frame
    node: int
    attempt: int
    error: Mapping[str, str]
    handled: str | None
    outputs: Mapping[str, Any] | None
    elapsed_ms: float


@dataclass(slots=True)
class TellRounds:
    """Tell of a container's rounds: that they begin, that round `index` does, that they have ended well or badly."""

    frame: Frame
    node: int
    what: Literal["started", "next", "succeeded", "failed"]
    index: int | None
    length: int | None
    outputs: Mapping[str, Any] | None = None


@dataclass(slots=True)
class LeaveRounds:
    """A container's rounds have ended well: this is its result."""

    frame: Frame
    node: int
    result: NodeResult


@dataclass(slots=True)
class DropFrame:
    """Cancel what still runs in a frame that was given up."""

    frame: Frame


@dataclass(slots=True)
class AskPerson:
    """Show a question, and wait for its answer until `expires_at`."""

    frame: Frame
    node: int
    question: Question
    expires_at: float | None


@dataclass(slots=True)
class TakeAnswer:
    """Tell of an answer."""

    frame: Frame
    node: int
    action: str | None
    values: Mapping[str, Any]


@dataclass(slots=True)
class PauseRun:
    """Nothing is in flight, and nothing may start: the run rests."""

    reasons: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class ResumeRun:
    by: str | None


@dataclass(slots=True)
class FinishRun:
    """The run has come to its end; nothing is decided after this."""

    partial: bool
    outputs: Mapping[str, Any]
    answer: str | None
    usage: Mapping[str, Any]


@dataclass(slots=True)
class FailRun:
    """`frame` and `node` say which node failed the run, where one did."""

    frame: Frame | None
    node: int | None
    error: Mapping[str, str]


@dataclass(slots=True)
class StopRun:
    by: str


Decision = (
    StartNode
    | SkipNode
    | Say
    | ShowStep
    | RetryNode
    | ReportFailure
    | TellRounds
    | LeaveRounds
    | DropFrame
    | AskPerson
    | TakeAnswer
    | PauseRun
    | ResumeRun
    | FinishRun
    | FailRun
    | StopRun
)
