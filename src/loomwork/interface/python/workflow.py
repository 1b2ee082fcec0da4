"""An app file as an object that can be run: `Workflow`."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, Self

from loomwork.apps.api import FormField, ProblemReport
from loomwork.apps.application.compile_flow import report
from loomwork.apps.application.embedded_flow import EmbeddedFlow, FlowInput, FlowResult, PersonAnswer, Turn
from loomwork.engine.events import Event
from loomwork.engine.variables import File
from loomwork.interface.python.files import file_at, file_of
from loomwork.interface.python.loop_thread import LoopThread
from loomwork.kernel.errors import InvalidInput

Inputs = Mapping[str, Any]
GivenFile = File | Mapping[str, Any] | str | PathLike[str]
"""A file as it may be handed in: a path, a URL, an object in wire form, or a `File`."""

GivenTurn = Turn | Mapping[str, str] | tuple[str, str]
"""An earlier exchange: `{"query": ..., "answer": ...}`, or the two as a pair."""


Arrival = Sequence[Event] | BaseException | None
"""What comes from the thread that a flow runs in: events, what ended it, or its end."""


class FlowHost(Protocol):
    """Makes flows, and has the thread that they run in."""

    @property
    def thread(self) -> LoopThread: ...

    def make(
        self,
        text: str | bytes,
        *,
        model: str | None,
        mocks: Mapping[str, Mapping[str, Any]] | None,
        mock_outside: bool,
        journal: str | None,
    ) -> EmbeddedFlow:
        """Compile a document. Raises `DslError`, and `InvalidInput` for a journal that cannot be opened."""
        ...


class Workflow(ABC):
    """A compiled app. It may be run many times, also concurrently, from any thread and any event loop.

    What is wrong with a run that was started is in its result (`.status`, `.error`); what keeps one from being started
    is raised: `loomwork.kernel.errors.InvalidInput` and its kin, each with a `code` and a sentence.
    """

    def __init__(self, flow: EmbeddedFlow, thread: LoopThread) -> None:
        self._flow = flow
        self._thread = thread

    @classmethod
    @abstractmethod
    def _host(cls) -> FlowHost:
        """What flows of this process run on."""

    @classmethod
    def from_file(
        cls,
        path: str | PathLike[str],
        *,
        model: str | None = None,
        mocks: Mapping[str, Mapping[str, Any]] | None = None,
        mock_outside: bool = False,
        journal: str | None = None,
    ) -> Self:
        """Read and compile an app file. Raises `DslError` with `.problems`, or `OSError`."""
        text = Path(path).read_bytes()
        return cls.from_dsl(text, model=model, mocks=mocks, mock_outside=mock_outside, journal=journal)

    @classmethod
    def from_dsl(
        cls,
        text: str | bytes,
        *,
        model: str | None = None,
        mocks: Mapping[str, Mapping[str, Any]] | None = None,
        mock_outside: bool = False,
        journal: str | None = None,
    ) -> Self:
        """Compile an app file given as text. Raises `DslError` with `.problems`.

        `model` (`provider/model`) answers for every model of the app. `mocks` stand in for nodes, by id or by `*type`:
        `{"llm": {"text": "..."}}`, `{"*tool": {"error": "down"}}`. `mock_outside` stands in for every node that would
        leave this process. `journal` (`sqlite:///runs.db`) keeps every run.
        """
        host = cls._host()
        flow = host.make(text, model=model, mocks=mocks, mock_outside=mock_outside, journal=journal)
        return cls(flow, host.thread)

    @property
    def name(self) -> str:
        return self._flow.flow.document.name

    @property
    def mode(self) -> str:
        """`workflow`, `advanced-chat`, ..."""
        return self._flow.flow.document.mode

    @property
    def form(self) -> Sequence[FormField]:
        """The inputs that a run takes."""
        return self._flow.flow.document.form

    @property
    def problems(self) -> Sequence[ProblemReport]:
        """What is not as it should be with the app, though it can be run."""
        return report(self._flow.flow.problems)

    async def run(
        self,
        inputs: Inputs | None = None,
        query: str | None = None,
        files: Sequence[GivenFile] | None = None,
        history: Sequence[GivenTurn] = (),
    ) -> FlowResult:
        """Run to the end: `.status .outputs .answer .error .nodes`. Cancelling the call ends the run. A run that waits
        for somebody has `.status` "paused" and says in `.questions` what it asks; `answer` goes on with it.
        """
        asked = _asked(inputs, query, files, history)
        return await asyncio.wrap_future(self._thread.submit(self._flow.run(asked)))

    def run_sync(
        self,
        inputs: Inputs | None = None,
        query: str | None = None,
        files: Sequence[GivenFile] | None = None,
        history: Sequence[GivenTurn] = (),
    ) -> FlowResult:
        """The same without `await`. A loop that runs in this thread stands still meanwhile."""
        return self._thread.wait(self._flow.run(_asked(inputs, query, files, history)))

    async def answer(
        self,
        result: FlowResult,
        node_id: str,
        action: str,
        values: Mapping[str, Any] | None = None,
        *,
        frame: Sequence[tuple[str, int]] = (),
    ) -> FlowResult:
        """Go on with a run that waits: answer what a node asks, with one of its actions and the values of its form's
        fields. `frame` says in which round of which containers the node asks. Raises `InvalidInput` for an answer that
        does not fit the form, `Conflict` where the run does not ask this.
        """
        answered = self._flow.answer(result, _answer(node_id, action, values, frame))
        return await asyncio.wrap_future(self._thread.submit(answered))

    def answer_sync(
        self,
        result: FlowResult,
        node_id: str,
        action: str,
        values: Mapping[str, Any] | None = None,
        *,
        frame: Sequence[tuple[str, int]] = (),
    ) -> FlowResult:
        """The same without `await`."""
        return self._thread.wait(self._flow.answer(result, _answer(node_id, action, values, frame)))

    async def stream(
        self,
        inputs: Inputs | None = None,
        query: str | None = None,
        files: Sequence[GivenFile] | None = None,
        history: Sequence[GivenTurn] = (),
    ) -> AsyncGenerator[Event, None]:
        """The run's events as they happen: `.seq .type .node_id .data`. Closing the iterator ends the run."""
        asked = _asked(inputs, query, files, history)
        arriving: asyncio.Queue[Arrival] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        pump = self._thread.submit(self._pump(asked, lambda it: loop.call_soon_threadsafe(arriving.put_nowait, it)))
        try:
            while (arrived := await arriving.get()) is not None:
                if isinstance(arrived, BaseException):
                    raise arrived
                for event in arrived:
                    yield event
        finally:
            pump.cancel()

    async def _pump(self, asked: FlowInput, hand_over: Callable[[Arrival], object]) -> None:
        """Hand the events of a run to the loop of whoever reads them, a batch at a time since each time costs a change
        of threads; then None, or what kept it from going on.
        """
        ending: BaseException | None = None
        # Whoever read may have closed his loop without closing the iterator: then there is nobody left to tell.
        with suppress(RuntimeError):
            try:
                async with aclosing((await self._flow.start(asked)).batches()) as batches:
                    async for events in batches:
                        hand_over(events)
            except Exception as error:  # noqa: BLE001 - it is raised again where the run was asked for
                ending = error
            hand_over(ending)


def _asked(
    inputs: Inputs | None, query: str | None, files: Sequence[GivenFile] | None, history: Sequence[GivenTurn]
) -> FlowInput:
    return FlowInput(
        inputs={name: _value(value) for name, value in (inputs or {}).items()},
        query=query,
        files=[_file(item) for item in files or ()],
        history=[_turn(item) for item in history],
    )


def _answer(
    node_id: str, action: str, values: Mapping[str, Any] | None, frame: Sequence[tuple[str, int]]
) -> PersonAnswer:
    given = {name: _value(value) for name, value in (values or {}).items()}
    return PersonAnswer(node_id, action, given, tuple((container, index) for container, index in frame))


def _value(value: Any) -> Any:
    """A path among the inputs is the file that lies there."""
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return file_of(Path(value)) if isinstance(value, PathLike) else value


def _file(given: GivenFile) -> File:
    if isinstance(given, File):
        return given
    if isinstance(given, Mapping):
        return File.from_wire(given)
    if isinstance(given, str) and given.startswith(("http://", "https://", "data:")):
        return file_at(given)
    return file_of(Path(given))


def _turn(given: GivenTurn) -> Turn:
    match given:
        case Turn():
            return given
        case {"query": str(query), "answer": str(answer)} | (str(query), str(answer)):
            return Turn(query, answer)
        case _:
            raise InvalidInput('An earlier turn is {"query": ..., "answer": ...}, or the two as a pair.')
