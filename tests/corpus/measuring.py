"""Reads, writes back and runs every file of a corpus, and says what came of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from loomwork import Workflow
from loomwork.dsl import Document, DslError, read_document, write_document
from loomwork.engine.ports import NodeSpec
from loomwork.kernel.errors import LoomworkError
from loomwork.nodes.tool.config import ToolConfig
from loomwork.tools.api import KnownTools
from tests.corpus.comparing import same_tree, tree_inside
from tests.corpus.files import CorpusFile, Expectation
from tests.corpus.inputs import plausible_inputs, plausible_query

FINISHED = frozenset({"succeeded", "partial-succeeded"})
RUN_LIMIT = 60.0
"""Seconds; a run with everything outside mocked takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file fell short: a code, and what was said."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """`document` is None where the file was refused; `seconds` is what reading alone took."""

    file: CorpusFile
    document: Document | None
    equal: bool
    seconds: float
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """`imports`: the graph compiles without an error. `finished`: the run came to a good end."""

    file: CorpusFile
    imports: bool
    finished: bool
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """Whether one known answer was given."""

    expectation: Expectation
    right: bool
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class ToolsResult:
    """A graph that calls tools, and which of them are not there."""

    file: CorpusFile
    missing: Sequence[str]


def read_and_write(file: CorpusFile) -> ReadResult:
    """Read a file and write it again."""
    data = file.path.read_bytes()
    start = perf_counter()
    try:
        document = read_document(data)
    except DslError as error:
        return ReadResult(file, None, False, perf_counter() - start, Trouble(error.problems[0].code, str(error)))
    seconds = perf_counter() - start
    if same_tree(tree_inside(write_document(document)), tree_inside(data)):
        return ReadResult(file, document, True, seconds)
    return ReadResult(file, document, False, seconds, Trouble("not_equal", "What is written reads as another tree."))


def tools_of(reads: Sequence[ReadResult], known: KnownTools) -> list[ToolsResult]:
    """Whether every tool that a graph calls is one that comes with Loomwork; graphs that call none are left out."""
    found = []
    for read in reads:
        graph = read.document.graph if read.document is not None else None
        named = [_tool_named(node) for node in (graph.nodes if graph is not None else ()) if node.type == "tool"]
        missing = [f"{provider}/{tool}" for provider, tool in named if known.named(provider, tool) is None]
        if named:
            found.append(ToolsResult(read.file, missing))
    return found


def _tool_named(node: NodeSpec) -> tuple[str, str]:
    config = ToolConfig.model_validate(node.config)
    return config.provider_id, config.tool_name


async def run_all(reads: Sequence[ReadResult]) -> list[RunResult]:
    """Run every graph app with everything outside this process mocked."""
    graphs = [read for read in reads if read.document is not None and read.document.graph is not None]
    return [await _run(read.file, read.document) for read in graphs if read.document is not None]


async def _run(file: CorpusFile, document: Document) -> RunResult:
    try:
        flow = Workflow.from_file(file.path, mock_outside=True)
    except DslError as error:
        return RunResult(file, False, False, Trouble(error.problems[0].code, str(error)))
    result = await _outcome(flow, plausible_inputs(document), plausible_query(document))
    if isinstance(result, Trouble):
        return RunResult(file, True, False, result)
    return RunResult(file, True, result.status in FINISHED, _trouble_of(result))


async def _outcome(flow: Any, inputs: Any, query: str | None) -> Any:
    try:
        return await asyncio.wait_for(flow.run(inputs, query=query), RUN_LIMIT)
    except LoomworkError as error:
        return Trouble(error.code, error.message)
    except TimeoutError:
        return Trouble("no_end", f"No end after {RUN_LIMIT:.0f} seconds.")
    except Exception as error:  # noqa: BLE001 - a crash is what this measures
        return Trouble("crash", f"{type(error).__name__}: {error}")


def _trouble_of(result: Any) -> Trouble | None:
    if result.status in FINISHED:
        return None
    if not result.error:
        return Trouble(result.status, "")
    return Trouble(_part(result.error, "code"), _part(result.error, "message"))


def _part(error: Any, name: str) -> str:
    return str(error.get(name) if isinstance(error, dict) else getattr(error, name, error))


async def answer_all(expected: Sequence[Expectation]) -> list[AnswerResult]:
    """Ask everything whose right answer is known, with the nodes mocked that the answer says."""
    return [await _answer(expectation) for expectation in expected]


async def _answer(expectation: Expectation) -> AnswerResult:
    try:
        flow = Workflow.from_file(expectation.path, mocks=expectation.mocks)
    except DslError as error:
        return AnswerResult(expectation, False, Trouble(error.problems[0].code, str(error)))
    query = _query(expectation)
    result = await _outcome(flow, expectation.inputs, query)
    if isinstance(result, Trouble):
        return AnswerResult(expectation, False, result)
    trouble = _differs(expectation, result) or await _stream_differs(expectation, query, flow)
    return AnswerResult(expectation, trouble is None, trouble)


def _query(expectation: Expectation) -> str | None:
    """Where nothing was asked of a chat app, the question was empty."""
    is_chat = read_document(expectation.path.read_bytes()).is_chat
    return (expectation.query or "") if is_chat else expectation.query


def _differs(expectation: Expectation, result: Any) -> Trouble | None:
    if result.status != expectation.status:
        return _trouble_of(result) or Trouble("wrong_status", f"{result.status} instead of {expectation.status}")
    if expectation.outputs is None:
        return None
    given = {"answer": result.answer} if "answer" in expectation.outputs else dict(result.outputs)
    if given == expectation.outputs:
        return None
    return Trouble("wrong_outputs", f"{given!r} instead of {expectation.outputs!r}")


async def _stream_differs(expectation: Expectation, query: str | None, flow: Any) -> Trouble | None:
    if expectation.stream is None:
        return None
    events = [event async for event in flow.stream(expectation.inputs, query=query)]
    text = "".join(event.data["text"] for event in events if event.type == "text_chunk")
    if text == expectation.stream:
        return None
    return Trouble("wrong_stream", f"{text!r} instead of {expectation.stream!r}")


async def crashes(broken: Sequence[Path]) -> list[str]:
    """What a broken file did other than being read, refused, or run to some end."""
    found = []
    for path in broken:
        said = await _crash(path)
        if said is not None:
            found.append(f"{path.name}: {said}")
    return found


async def _crash(path: Path) -> str | None:
    try:
        read = read_and_write(CorpusFile(path, "negative", path.name, "?"))
        runs = await run_all([read])
    except Exception as error:  # noqa: BLE001 - a crash is what this measures
        return f"{type(error).__name__}: {error}"
    return next((run.trouble.message for run in runs if run.trouble and run.trouble.code == "crash"), None)
