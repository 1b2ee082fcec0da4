"""One execution of one node: what it sees, and how what it says reaches the run."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from loomwork.engine.ports import RunContext, Step
from loomwork.engine.run.decisions import RetryNode
from loomwork.engine.run.frames import Frame
from loomwork.engine.variables import Ref, Template, render_text
from loomwork.kernel.ids import RunId

MERGE_SECONDS = 0.02
MERGE_CHARACTERS = 256
"""Small deltas are merged before they become events; the first one is shown at once."""


Keep = Callable[[Step], Awaitable[None]]
"""Has a step shown and kept."""


class NodeRun:
    """The `NodeContext` of one execution."""

    __slots__ = ("_frame", "_keep", "_speech", "attempt", "node_id", "run", "steps")

    def __init__(
        self,
        run: RunContext,
        frame: Frame,
        node_id: str,
        attempt: int,
        speech: "Speech | None",
        *,
        steps: Sequence[Step] = (),
        keep: Keep | None = None,
    ) -> None:
        self.steps = steps
        self._keep = keep
        self.run = run
        self.node_id = node_id
        self.attempt = attempt
        self._frame = frame
        self._speech = speech

    def get(self, ref: Ref) -> Any:
        return self._frame.read(ref)

    def render(self, template: Template) -> str:
        return template.render(self._frame.read, render_text)

    def say(self, text: str, *, output: str = "text") -> None:
        if self._speech is not None:
            self._speech.add(output, text)

    def reason(self, text: str) -> None:
        if self._speech is not None:
            self._speech.add(None, text)

    async def finish_step(self, step: Step) -> None:
        if self._speech is not None:
            self._speech.pass_on()
        if self._keep is not None:
            await self._keep(step)

    def idempotency_key(self) -> str:
        """A hash of run, node and frame path. Retries within a run share it, as does the attempt after a crash; a run
        that repeats another is a new one.
        """
        return _digest(self.run.run_id, self.node_id, self._frame).hex()


def delay_of(retry: RetryNode, run_id: RunId) -> float:
    """Seconds until the node runs again. Where its policy asks for jitter, the share of it that this attempt gets is
    the same whenever it is asked for, so that a run that is told again waits as long.
    """
    plan_node = retry.frame.plan.nodes[retry.node]
    if plan_node.retry is None or not plan_node.retry.jitter:
        return retry.delay
    digest = _digest(run_id, f"{plan_node.id}/{retry.attempt}", retry.frame)
    share = int.from_bytes(digest[:4]) / 2**32
    return retry.delay * (1 + plan_node.retry.jitter * (2 * share - 1))


def _digest(run_id: RunId, what: str, frame: Frame) -> bytes:
    return hashlib.sha256(f"{run_id}/{what}/{frame.path}".encode()).digest()


class FrameView:
    """The `View` of a container on one of its rounds."""

    __slots__ = ("_frame", "node_id")

    def __init__(self, frame: Frame, node_id: str) -> None:
        self._frame = frame
        self.node_id = node_id

    def get(self, ref: Ref) -> Any:
        return self._frame.read(ref)

    def render(self, template: Template) -> str:
        return template.render(self._frame.read, render_text)


class Speech:
    """Merges what a node streams into fewer, larger pieces. `tell` gets (output, text); output None is reasoning.
    `on_sound` is called for each piece that the node says, an empty one included, before it is merged.
    """

    __slots__ = ("_closed", "_loop", "_output", "_parts", "_size", "_spoke", "_tell", "_timer", "on_sound")

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[str | None, str], None]) -> None:
        self.on_sound: Callable[[], None] | None = None
        self._loop = loop
        self._tell = tell
        self._parts: list[str] = []
        self._size = 0
        self._output: str | None = None
        self._spoke = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, output: str | None, text: str) -> None:
        if self._closed:
            return
        if self.on_sound is not None:
            self.on_sound()
        if not text:
            return
        if self._parts and output != self._output:
            self.flush()
        self._output = output
        self._parts.append(text)
        self._size += len(text)
        if not self._spoke or self._size >= MERGE_CHARACTERS:
            self._spoke = True
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(MERGE_SECONDS, self.flush)

    def pass_on(self) -> None:
        """Tell what has gathered, so that what is told next comes after it; the node is alive."""
        if self._closed:
            return
        if self.on_sound is not None:
            self.on_sound()
        self.flush()

    def flush(self) -> None:
        """Tell what has gathered. Called at the latest when the node has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._parts:
            text, self._parts, self._size = "".join(self._parts), [], 0
            self._tell(self._output, text)

    def close(self) -> None:
        """Tell what has gathered, and nothing that is said after this: the node's time is over."""
        self.flush()
        self._closed = True
