"""The answer coordinator: what of the answer may be shown now, in template order.

A response node opens a session as soon as it is certain to run. One session speaks at a time: it goes through its
segments in order, shows literal text at once, streams a variable from its producer's chunks, and falls back to the
stored value where the producer did not stream. A session that has not said anything yet gives way to one that can.
Sessions inside the rounds of a container speak in the order of the rounds.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from loomwork.engine.events import FramePath
from loomwork.engine.ports import SOURCE, Response
from loomwork.engine.run.containers import has_floor
from loomwork.engine.run.decisions import Say
from loomwork.engine.run.frames import Frame, Mark
from loomwork.engine.variables import MISSING, Ref, render_markdown

Stream = tuple[int, str]
"""A producer's slot, and the name of the output that it streams."""

LATE_NAMESPACE = "conversation"
"""Nodes upstream may still write here, so its values are read only when the response node itself has run."""

SETTLED = (-1, -1)
"""The producer of what no retry takes back: a template's own text, and values as they stood when they were shown."""


@dataclass(slots=True, eq=False)
class Session:
    """One response node's template, being shown. `read` counts the chunks shown of the segment under the cursor."""

    frame: Frame
    node: int
    response: Response
    cursor: int = 0
    read: int = 0
    spoke: bool = False

    @property
    def complete(self) -> bool:
        return self.cursor >= len(self.response.segments)

    @property
    def has_run(self) -> bool:
        """Whether the response node itself is done, so that every value stands."""
        return self.frame.marks[self.node] is Mark.DONE


@dataclass(slots=True)
class Piece:
    """A piece of the answer that was shown, the node (frame and slot) that it came from, and where the response node
    stands that showed it.
    """

    text: str
    producer: tuple[int, int]
    path: FramePath

    def is_of(self, frame: Frame, node: int) -> bool:
        """Whether it came from a node, or was shown in a round of it where that is a container."""
        if self.producer == (frame.id, node):
            return True
        depth = len(frame.path)
        inside = len(self.path) > depth and self.path[depth][0] == frame.plan.nodes[node].id
        return inside and self.path[:depth] == frame.path


@dataclass(slots=True)
class Answers:
    """The coordinator of a run. Pure: it is asked after each step what may be shown."""

    sessions: list[Session] = field(default_factory=list)
    chunks: dict[int, dict[Stream, list[str]]] = field(default_factory=dict)
    """What nodes have said, by the id of their frame. Kept until the frame has ended and nobody is to show it."""
    pieces: list[Piece] = field(default_factory=list)
    inside: int = 0
    """How many sessions stand inside rounds."""
    _readers: Counter[int] = field(default_factory=Counter)
    """How many sessions show something of a frame, by its id."""
    _ended: set[int] = field(default_factory=set)
    """Frames that have ended but still have readers."""

    def make_certain(self, frame: Frame, nodes: tuple[int, ...]) -> None:
        """These nodes will run, and so will all that follows them up to the next branch. An edge from any other handle
        than the one that a node leaves by (people draw such) leads nowhere certain.
        """
        if not frame.plan.speaks:
            return
        queue = list(nodes)
        for index in queue:
            if frame.certain[index]:
                continue
            frame.certain[index] = 1
            plan_node = frame.plan.nodes[index]
            if plan_node.node.response is not None:
                self._open(Session(frame, index, plan_node.node.response))
            if not plan_node.uncertain:
                queue.extend(target for handle, targets in plan_node.exits if handle == SOURCE for target in targets)

    def hear(self, frame: Frame, node: int, output: str, text: str) -> bool:
        """Keep a chunk that some response shows; False where none does."""
        if (node, output) not in frame.plan.streams:
            return False
        self.chunks.setdefault(frame.id, {}).setdefault((node, output), []).append(text)
        return True

    def forget(self, frame: Frame, node: int) -> None:
        """The node will run again: what it has said so far does not count."""
        producer = (frame.id, node)
        said = self.chunks.get(frame.id, {})
        for stream in [stream for stream in said if stream[0] == node]:
            del said[stream]
        self.pieces = [piece for piece in self.pieces if not piece.is_of(frame, node)]
        for session in self.sessions:
            segment = None if session.complete else session.response.segments[session.cursor]
            if isinstance(segment, Ref) and _producer(session, segment) == producer:
                session.read = 0

    def drop(self, frame: Frame) -> None:
        """The frame was given up: nothing of it, or of rounds inside it that have ended, will be shown any more."""
        for session in [session for session in self.sessions if frame in _chain(session.frame)]:
            self._close(session)
        self._let_go(frame.id)

    def end(self, frame: Frame) -> None:
        """The frame has ended: its response nodes that have not run (a node left the container first) never will."""
        for session in [session for session in self.sessions if session.frame is frame and not session.has_run]:
            self._close(session)
        self._let_go(frame.id)

    def speak(self) -> list[Say]:
        """Everything that may be shown now."""
        said: list[Say] = []
        while (session := self._next_speaker()) is not None:
            before = len(said)
            self._advance(session, said)
            session.spoke = session.spoke or len(said) > before
            if not session.complete:
                break
            self._close(session)
        return said

    def _open(self, session: Session) -> None:
        """Sessions stand in the order in which they become certain, but for those of rounds: theirs is that of the
        rounds.
        """
        path = session.frame.path
        later = (place for place, other in enumerate(self.sessions) if _is_later(other.frame.path, path))
        self.sessions.insert(next(later, len(self.sessions)), session)
        self.inside += session.frame.round is not None
        for frame in _chain(session.frame):
            self._readers[frame.id] += 1

    def _close(self, session: Session) -> None:
        self.sessions.remove(session)
        self.inside -= session.frame.round is not None
        for frame in _chain(session.frame):
            self._readers[frame.id] -= 1
            if not self._readers[frame.id]:
                del self._readers[frame.id]
                if frame.id in self._ended:
                    self._let_go(frame.id)

    def _let_go(self, frame: int) -> None:
        if frame in self._readers:
            self._ended.add(frame)
        else:
            self._ended.discard(frame)
            self.chunks.pop(frame, None)

    def text(self) -> str:
        """The answer as shown so far."""
        return "".join(piece.text for piece in self.pieces)

    def _next_speaker(self) -> Session | None:
        for session in self.sessions:
            if session.spoke:
                return session
        for session in self.sessions:
            if (session.complete or self._available(session)) and has_floor(session.frame):
                return session
        return None

    def _available(self, session: Session) -> bool:
        segment = session.response.segments[session.cursor]
        return isinstance(segment, str) or _settled(session, segment) or self._has_unread(session, segment)

    def _advance(self, session: Session, said: list[Say]) -> None:
        while not session.complete:
            segment = session.response.segments[session.cursor]
            if isinstance(segment, str):
                teller = session.frame.plan.nodes[session.node].id
                self._say(session, segment, (teller, "answer"), SETTLED, said)
            else:
                self._say_chunks(session, segment, said)
                if not _settled(session, segment):
                    return
                if session.read == 0:
                    self._say_value(session, segment, said)
            session.cursor += 1
            session.read = 0

    def _unread(self, session: Session, ref: Ref) -> list[str]:
        if ref.path:
            return []
        frame, node = _producer(session, ref)
        return self.chunks.get(frame, {}).get((node, ref.name), [])[session.read :]

    def _has_unread(self, session: Session, ref: Ref) -> bool:
        return bool(self._unread(session, ref))

    def _say_chunks(self, session: Session, ref: Ref, said: list[Say]) -> None:
        unread = self._unread(session, ref)
        for text in unread:
            self._say(session, text, ref.selector, _producer(session, ref), said)
        session.read += len(unread)

    def _say_value(self, session: Session, ref: Ref, said: list[Say]) -> None:
        frame = session.frame.outer(ref.level)
        if 0 <= ref.slot < len(frame.plan.nodes) and frame.marks[ref.slot] is Mark.SKIPPED:
            return
        value = frame.read(Ref(ref.slot, ref.name, ref.path, ref.selector))
        if value is MISSING:
            text = ".".join(ref.selector) if session.response.is_answer else ""
        else:
            text = render_markdown(value)
        self._say(session, text, ref.selector, SETTLED, said)

    def _say(
        self, session: Session, text: str, source: tuple[str, ...], producer: tuple[int, int], said: list[Say]
    ) -> None:
        if not text:
            return
        said.append(Say(session.frame, session.node, text, source, producer))
        if session.response.is_answer:
            self.pieces.append(Piece(text, producer, session.frame.path))


def _chain(frame: Frame) -> Iterator[Frame]:
    """The frame and those around it."""
    current: Frame | None = frame
    while current is not None:
        yield current
        current = current.parent


def _is_later(path: FramePath, other: FramePath) -> bool:
    """Whether one frame belongs to a later round of a container than another."""
    for step, other_step in zip(path, other, strict=False):
        if step != other_step:
            return step[0] == other_step[0] and step[1] > other_step[1]
    return False


def _producer(session: Session, ref: Ref) -> tuple[int, int]:
    return (session.frame.outer(ref.level).id, ref.slot)


def _settled(session: Session, ref: Ref) -> bool:
    """Whether the value will not change any more."""
    if session.has_run or ref.slot < 0:
        return True
    frame = session.frame.outer(ref.level)
    if ref.slot < len(frame.plan.nodes):
        return frame.marks[ref.slot] >= Mark.DONE
    if frame.round is None:
        return ref.selector[0] != LATE_NAMESPACE
    container = frame.round.frame.plan.nodes[frame.round.node].container
    return container is not None and not container.writable
