"""Run app files here and now, one after another."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from loomwork.apps.application.begin_flow import notices_of, resolve_models
from loomwork.apps.application.embedded_flow import EmbeddedFlow, FlowInput, FlowResult, RunResult, StartedFlow
from loomwork.dsl import Document, DslError
from loomwork.interface.cli.amounts import seconds
from loomwork.interface.cli.asking import Asking
from loomwork.interface.cli.failures import DONE, FAILED, PAUSED, exit_status, show_error, show_refused_file
from loomwork.interface.cli.fetching import Look, fetch_weights, fetches_shown
from loomwork.interface.cli.given import form_inputs, system_files
from loomwork.interface.cli.host import Host, Runtime
from loomwork.interface.cli.loading import LoadView
from loomwork.interface.cli.reading import AppFiles, spoken
from loomwork.interface.cli.run_view import RunView
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.unused import Unused
from loomwork.kernel.errors import InvalidInput, LoomworkError

MODEL_NODES = frozenset({"llm", "question-classifier", "parameter-extractor"})
STATUS_EXIT = {"succeeded": DONE, "partial-succeeded": DONE, "paused": PAUSED}


SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `run` was asked for, beside the files."""

    inputs: Sequence[str] = ()
    query: str | None = None
    files: Sequence[str] = ()
    model: str | None = None
    mocks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mock_outside: bool = False
    events: bool = False
    json: bool = False


class Interrupted:
    """Ctrl-C, once as a wish and twice as an order: the run that goes is stopped, then everything is dropped."""

    def __init__(self) -> None:
        self.asked = False
        self._going: StartedFlow | None = None
        self._task = asyncio.current_task()

    def hit(self) -> None:
        if self._going is not None and not self.asked:
            self._going.stop(by="user")
        elif self._task is not None:
            self._task.cancel()
        self.asked = True

    @contextmanager
    def as_usual(self) -> Iterator[None]:
        """Meanwhile an interrupt ends what waits for the person who makes it."""
        loop = asyncio.get_running_loop()
        for each in SIGNALS:
            loop.remove_signal_handler(each)
        try:
            yield
        finally:
            for each in SIGNALS:
                loop.add_signal_handler(each, self.hit)

    @contextmanager
    def stopping(self, started: StartedFlow) -> Iterator[None]:
        """Meanwhile an interrupt stops this run."""
        self._going = started
        try:
            yield
        finally:
            self._going = None


@asynccontextmanager
async def interruptible() -> AsyncIterator[Interrupted]:
    """Meanwhile SIGINT and SIGTERM are asked politely to wait for a clean end."""
    interrupted = Interrupted()
    loop = asyncio.get_running_loop()
    for each in SIGNALS:
        loop.add_signal_handler(each, interrupted.hit)
    try:
        yield interrupted
    finally:
        for each in SIGNALS:
            loop.remove_signal_handler(each)


async def run_files(host: Host, screen: Screen, files: Sequence[str], given: AppFiles, options: RunOptions) -> int:
    """Run each file; the highest exit status."""
    worst = DONE
    unused = Unused(options.mocks, options.query)
    async with interruptible() as interrupted:
        try:
            async with host.runtime() as runtime:
                for number, file in enumerate(files, start=1):
                    if len(files) > 1 and not options.events:
                        screen.note(Text(spoken(file), style="bold"))
                    is_last = number == len(files)
                    going = FileRun(runtime, screen, file, given, options, interrupted, unused, is_last)
                    worst = max(worst, await going.run())
                    if interrupted.asked:
                        break
        except asyncio.CancelledError:
            if not interrupted.asked:
                raise
            screen.note(screen.line("stop", "Stopped."))
            return FAILED
    return worst


@dataclass(frozen=True, slots=True)
class FileRun:
    """One file's run, from its text to its exit status."""

    runtime: Runtime
    screen: Screen
    file: str
    given: AppFiles
    options: RunOptions
    interrupted: Interrupted
    unused: Unused
    is_last: bool

    async def run(self) -> int:
        try:
            flow, asked = self._prepare()
            await self._make_ready(flow)
            result = await self._execute(flow, asked)
        except LoomworkError as error:
            return self._refuse(error)
        self._report(flow.flow.document, result)
        return STATUS_EXIT.get(result.status, FAILED)

    def _prepare(self) -> tuple[EmbeddedFlow, FlowInput]:
        options = self.options
        flow = self.runtime.flow(
            self.given.read(self.file), model=options.model, mocks=options.mocks, mock_outside=options.mock_outside
        )
        self.unused.see(flow.flow.document)
        flow.flow.runnable()
        self._warn_of_unused()
        if flow.flow.is_chat and options.query is None:
            raise InvalidInput("This is a chat app. Ask it something with --query TEXT.", field="query")
        inputs = form_inputs(flow.flow.document.form, options.inputs, options.files)
        return flow, FlowInput(inputs=inputs, query=options.query, files=system_files(options.files))

    def _warn_of_unused(self) -> None:
        """Before the last file runs, since only then it is known, and a node that was to be mocked may cost money."""
        for sentence in self.unused.sentences() if self.is_last else ():
            self.screen.note(self.screen.line("warn", sentence))

    async def _make_ready(self, flow: EmbeddedFlow) -> None:
        """Say which models stand in for others, and fetch those that are not here."""
        if not self._calls_models(flow.flow.document):
            return
        runtime = self.runtime
        resolved = await resolve_models(runtime.scope, flow.flow, runtime.models, override=self.options.model)
        for notice in notices_of(flow.flow, resolved):
            self.screen.note(self.screen.line("warn", notice))
        called = {item.model for item in resolved}
        for status in await runtime.local_models.status():
            if status.model in called and status.state != "ready":
                await fetch_weights(self.screen, runtime.local_models, status.model)

    def _calls_models(self, document: Document) -> bool:
        """Whether any node will really ask a model."""
        mocks = self.options.mocks
        nodes = document.graph.nodes if document.graph is not None and not self.options.mock_outside else ()
        return any(node.type in MODEL_NODES and not {node.id, f"*{node.type}"} & mocks.keys() for node in nodes)

    async def _execute(self, flow: EmbeddedFlow, asked: FlowInput) -> FlowResult:
        view = None
        if not self.options.events:
            view = RunView(self.screen, flow.flow.document, speaks=not self.options.json)
        show = view.see if view is not None else self._show_event
        looks = (LoadView(self.screen, view.tell).show,) if view is not None and not self.options.json else ()
        try:
            result = await self._follow(await flow.start(asked), show, looks)
            asking = Asking(self.screen)
            while view is not None and result.questions and asking.possible:
                view.close()
                with self.interrupted.as_usual():
                    answer = asking.ask(result.questions[0])
                if answer is None:
                    break
                result = await self._follow(await flow.go_on(result, answer), show, looks)
        except BaseException:
            if view is not None:
                view.close()
            raise
        if view is not None:
            view.finish(result.outputs, result.answer)
        return result

    async def _follow(self, started: StartedFlow, show: Callable[[Any], None], looks: Sequence[Look]) -> FlowResult:
        watched = fetches_shown(self.screen, self.runtime.local_models, *looks)
        with self.interrupted.stopping(started):
            async with watched, aclosing(started.events()) as events:
                async for event in events:
                    show(event)
        assert started.result is not None
        return started.result

    def _show_event(self, event: Any) -> None:
        self.screen.json(event.wire())

    def _report(self, document: Document, result: FlowResult) -> None:
        """How the run ended: the object for programs, a line for people."""
        if self.options.json:
            self.screen.json(result_object(self.file, result))
        if not self.options.events or result.status == "paused":
            self.screen.note(self._ending(document, result))

    def _ending(self, document: Document, result: FlowResult) -> Text:
        took = Text(seconds(result.elapsed_ms), style="dim")
        match result.status:
            case "succeeded":
                tokens = result.usage.get("total_tokens")
                return self.screen.line("ok", "Done in", took, Text(f"{tokens} tokens" if tokens else "", style="dim"))
            case "partial-succeeded":
                return self.screen.line("warn", "Done, though a node failed and its error strategy stood in,", took)
            case "paused":
                return self.screen.line("stop", _waiting(result))
            case "stopped":
                return self.screen.line("stop", "Stopped after", took)
            case _:
                return self.screen.line("fail", _failure(document, result.error or {}))

    def _refuse(self, error: LoomworkError) -> int:
        """The run did not begin."""
        if self.options.json:
            self.screen.json(refusal_object(self.file, error))
        if isinstance(error, DslError):
            show_refused_file(self.screen, self.file, [_problem(it) for it in error.problems])
            return exit_status(error)
        return show_error(self.screen, error, about=spoken(self.file))


def result_object(file: str, result: RunResult) -> dict[str, Any]:
    """A run's result as `run --json` prints it."""
    return {
        "file": file,
        "status": result.status,
        "outputs": result.outputs,
        "answer": result.answer,
        "error": result.error,
        "nodes": {
            node_id: {
                "status": node.status,
                "outputs": node.outputs,
                "error": node.error,
                "elapsed_ms": node.elapsed_ms,
                "runs": node.runs,
            }
            for node_id, node in result.nodes.items()
        },
        "elapsed_ms": result.elapsed_ms,
    }


def refusal_object(file: str, error: LoomworkError) -> dict[str, Any]:
    """The same for a run that could not begin."""
    failure = {"code": error.code, "message": error.message, "node_id": None}
    return result_object(file, RunResult(status="failed", error=failure))


def _waiting(result: FlowResult) -> str:
    """Who is waited for: only a question has a run rest that nobody can ask to."""
    nodes = ", ".join(f"'{question.title}' ({question.node_id})" for question in result.questions)
    return f"The run waits for an answer at {nodes}. Run it in a terminal to give one, or let --mocks stand in."


STAND_INS = "--mocks or --mock-outside can stand in for it."
"""What whoever is at a terminal can do about a node that cannot run here."""


def _failure(document: Document, error: Mapping[str, Any]) -> str:
    titles = {node.id: node.title for node in document.graph.nodes} if document.graph else {}
    where = titles.get(error.get("node_id", ""))
    code = error.get("code", "failed")
    advice = f" {STAND_INS}" if code == "not_runnable_yet" else ""
    sentence = f"{error.get('message', 'The run failed.')} ({code}){advice}"
    return f"The run failed at '{where}': {sentence}" if where else f"The run failed: {sentence}"


def _problem(problem: Any) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("level", "code", "message", "node_id", "place")}
