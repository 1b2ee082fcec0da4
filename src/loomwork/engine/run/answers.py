"""The answer coordinator: what of the answer may be shown now, in template order.

A response node opens a session as soon as it is certain to run. One session speaks at a time: it goes through its
segments in order, shows literal text at once, streams a variable from its producer's chunks, and falls back to the
stored value where the producer did not stream. A session that has not said anything yet gives way to one that can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import Response
from loomwork.engine.run.decisions import Say
from loomwork.engine.run.frames import Frame, Mark
from loomwork.engine.variables import MISSING, Ref, render_markdown

Stream = tuple[int, str]
"""A producer's slot and the name of the output that it streams."""

LATE_NAMESPACE = "conversation"
"""Nodes upstream may still write here, so its values are read only when the response node itself has run."""


LITERAL = -1
"""The producer of a template's own text, which no retry takes back."""


@dataclass(slots=True)
class Session:
    """One response node's template, being shown. `read` counts the chunks shown of the segment under the cursor."""

    node: int
    response: Response
    cursor: int = 0
    read: int = 0
    spoke: bool = False

    @property
    def complete(self) -> bool:
        return self.cursor >= len(self.response.segments)


@dataclass(slots=True)
class Piece:
    """A piece of the answer that was shown, and the node that it came from."""

    text: str
    producer: int


@dataclass(slots=True)
class Answers:
    """The coordinator of one frame. Pure: it is asked after each step what may be shown."""

    plan: Plan
    frame: Frame
    certain: bytearray
    sessions: list[Session] = field(default_factory=list)
    chunks: dict[Stream, list[str]] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)

    def make_certain(self, nodes: Sequence[int]) -> None:
        """These nodes will run, and so will all that follows them up to the next branch."""
        queue = list(nodes)
        for index in queue:
            if self.certain[index]:
                continue
            self.certain[index] = 1
            plan_node = self.plan.nodes[index]
            if plan_node.node.response is not None:
                self.sessions.append(Session(index, plan_node.node.response))
            if not plan_node.uncertain:
                queue.extend(target for _, targets in plan_node.exits for target in targets)

    def hear(self, stream: Stream, text: str) -> bool:
        """Keep a chunk that some response shows; False where none does."""
        if stream not in self.plan.streams:
            return False
        self.chunks.setdefault(stream, []).append(text)
        return True

    def forget(self, node: int) -> None:
        """The node will run again: what it has said so far does not count."""
        for stream in [stream for stream in self.chunks if stream[0] == node]:
            del self.chunks[stream]
        self.pieces = [piece for piece in self.pieces if piece.producer != node]
        for session in self.sessions:
            segment = None if session.complete else session.response.segments[session.cursor]
            if isinstance(segment, Ref) and segment.slot == node:
                session.read = 0

    def speak(self) -> list[Say]:
        """Everything that may be shown now."""
        said: list[Say] = []
        while (session := self._next_speaker()) is not None:
            before = len(said)
            self._advance(session, said)
            session.spoke = session.spoke or len(said) > before
            if not session.complete:
                break
            self.sessions.remove(session)
        return said

    def text(self) -> str:
        """The answer as shown so far."""
        return "".join(piece.text for piece in self.pieces)

    def _next_speaker(self) -> Session | None:
        for session in self.sessions:
            if session.spoke:
                return session
        for session in self.sessions:
            if session.complete or self._available(session):
                return session
        return None

    def _available(self, session: Session) -> bool:
        segment = session.response.segments[session.cursor]
        return isinstance(segment, str) or self._settled(session, segment) or self._has_unread(session, segment)

    def _advance(self, session: Session, said: list[Say]) -> None:
        while not session.complete:
            segment = session.response.segments[session.cursor]
            if isinstance(segment, str):
                self._say(session, segment, (self.plan.nodes[session.node].id, "answer"), LITERAL, said)
            else:
                self._say_chunks(session, segment, said)
                if not self._settled(session, segment):
                    return
                if session.read == 0:
                    self._say_value(session, segment, said)
            session.cursor += 1
            session.read = 0

    def _has_unread(self, session: Session, ref: Ref) -> bool:
        return not ref.path and len(self.chunks.get((ref.slot, ref.name), ())) > session.read

    def _say_chunks(self, session: Session, ref: Ref, said: list[Say]) -> None:
        if not self._has_unread(session, ref):
            return
        chunks = self.chunks[ref.slot, ref.name]
        for text in chunks[session.read :]:
            self._say(session, text, ref.selector, ref.slot, said)
        session.read = len(chunks)

    def _settled(self, session: Session, ref: Ref) -> bool:
        """Whether the value will not change any more."""
        if self.frame.marks[session.node] is Mark.DONE:
            return True
        if 0 <= ref.slot < len(self.plan.nodes):
            return self.frame.marks[ref.slot] >= Mark.DONE
        return ref.selector[:1] != (LATE_NAMESPACE,)

    def _say_value(self, session: Session, ref: Ref, said: list[Say]) -> None:
        if 0 <= ref.slot < len(self.plan.nodes) and self.frame.marks[ref.slot] is Mark.SKIPPED:
            return
        value = self.frame.read(ref)
        if value is MISSING:
            text = ".".join(ref.selector) if session.response.is_answer else ""
        else:
            text = render_markdown(value)
        self._say(session, text, ref.selector, ref.slot, said)

    def _say(self, session: Session, text: str, source: tuple[str, ...], producer: int, said: list[Say]) -> None:
        if not text:
            return
        said.append(Say(0, session.node, text, source, producer))
        if session.response.is_answer:
            self.pieces.append(Piece(text, producer))
