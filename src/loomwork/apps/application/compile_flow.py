"""From a document to something that runs: read, compiled once, and kept while it is in use."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from loomwork.apps.api import DocumentRefused, NotRunnableYet, ProblemReport
from loomwork.apps.application.app_limits import AppLimits, read_limits
from loomwork.apps.domain import RUNNABLE_MODES
from loomwork.dsl import Document, DslError, read_document
from loomwork.engine import Plan, compile_graph
from loomwork.engine.ports import NodeType, Problem
from loomwork.nodes.catalog import NodeCatalog

CHAT_MODES = frozenset({"advanced-chat", "chat", "agent-chat"})
Durability = Literal["off", "exit", "node"]
"""Nothing of a run is kept while it goes; all of it once it rests or ends; each node's work when it has ended."""

KEPT_CHARACTERS = 16_000_000
"""Of the documents whose flows are kept; a flow takes some fifty times the memory of its document."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A document with its plan. `plan` is None where the mode cannot be run by this release."""

    document: Document
    plan: Plan | None
    problems: Sequence[Problem]

    @property
    def errors(self) -> list[Problem]:
        """What keeps the document from being imported."""
        return [problem for problem in self.problems if problem.level == "error"]

    @property
    def limits(self) -> AppLimits:
        """What the document asks to be held to."""
        return read_limits(self.document.tree)

    @property
    def is_chat(self) -> bool:
        """Whether a run answers a query, as a turn of a conversation."""
        return self.document.mode in CHAT_MODES

    @property
    def reads_query(self) -> bool:
        """Whether some node of a chat app looks at the query, so that a run cannot do without one."""
        return self.is_chat and self.plan is not None and _reads(self.plan, ("sys", "query"))

    @property
    def asks(self) -> bool:
        """Whether some node asks people, so that a run may have to rest until somebody answers."""
        return self.plan is not None and _asks(self.plan)

    @property
    def durability(self) -> Durability:
        """How much of a run is kept while it goes, as the document says under `x-loomwork`. A run that asks people has
        to be kept when it rests, whatever is said.
        """
        own = self.document.tree.get("x-loomwork")
        asked = own.get("durability") if isinstance(own, Mapping) else None
        if asked is False:
            asked = "off"  # What YAML makes of the word where it is not quoted.
        if asked == "off":
            return "exit" if self.asks else "off"
        return "exit" if asked == "exit" else "node"

    def runnable(self) -> Plan:
        """The plan; raises `NotRunnableYet` where there is none."""
        if self.plan is None and self.document.mode in RUNNABLE_MODES:
            raise NotRunnableYet("The app says nothing to run: its 'model_config' is empty.")
        if self.plan is None:
            raise NotRunnableYet(
                f"Apps of mode '{self.document.mode}' import and export, but this release cannot run them yet; "
                f"it runs {', '.join(sorted(RUNNABLE_MODES))} apps."
            )
        return self.plan


class FlowCompiler:
    """Compiles documents. Node types are handed in; mocks stand in for some of them where asked."""

    def __init__(self, node_types: Mapping[str, NodeType]) -> None:
        self._node_types = node_types
        self._kept: OrderedDict[bytes, tuple[Flow, int]] = OrderedDict()
        self._kept_characters = 0
        self._compiling: dict[bytes, asyncio.Task[Flow]] = {}

    def compile(
        self, text: str | bytes, *, mocks: Mapping[str, Mapping[str, Any]] | None = None, mock_outside: bool = False
    ) -> Flow:
        """Raises `DslError` where the document cannot be imported."""
        flow = self.examine(text, mocks=mocks, mock_outside=mock_outside)
        if flow.errors:
            raise DslError([*flow.errors, *(problem for problem in flow.problems if problem.level != "error")])
        return flow

    def examine(
        self, text: str | bytes, *, mocks: Mapping[str, Mapping[str, Any]] | None = None, mock_outside: bool = False
    ) -> Flow:
        """The same, but problems of level error in the graph are only reported. Raises `DslError` where the text
        cannot be read at all.
        """
        document = read_document(text)
        if document.mode not in RUNNABLE_MODES or document.graph is None:
            return Flow(document, None, [*document.problems, _not_runnable(document)])
        nodes = document.graph.nodes
        catalog = NodeCatalog(self._node_types, mocks=mocks or {}, mock_outside=mock_outside, nodes=nodes)
        compilation = compile_graph(document.graph, catalog.resolve_type)
        problems = [*document.problems, *compilation.problems, *read_limits(document.tree).problems]
        return Flow(document, compilation.plan, problems)

    async def compile_kept(self, text: str) -> Flow:
        """The same without mocks, from memory where this very document was compiled before. In a thread, and once
        however many ask: a hostile document may take seconds, which no other request should wait for.
        """
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        compiling = self._compiling.get(key)
        if compiling is None:
            compiling = self._compiling[key] = asyncio.create_task(self._compile_and_keep(key, text))
        return await asyncio.shield(compiling)

    async def _compile_and_keep(self, key: bytes, text: str) -> Flow:
        try:
            flow = await asyncio.to_thread(self.compile, text)
        finally:
            del self._compiling[key]
        self._kept[key] = (flow, len(text))
        self._kept_characters += len(text)
        while self._kept_characters > KEPT_CHARACTERS and len(self._kept) > 1:
            _, (_, characters) = self._kept.popitem(last=False)
            self._kept_characters -= characters
        return flow


def _reads(plan: Plan, selector: tuple[str, str]) -> bool:
    """Whether a node of this plan, or one inside it, reads a variable."""
    return any(
        any(ref.selector[:2] == selector for _, ref in node.node.inputs)
        or (node.body is not None and _reads(node.body, selector))
        for node in plan.nodes
    )


def _asks(plan: Plan) -> bool:
    """Whether a node of this plan, or one inside it, asks people."""
    return any(
        node.asking is not None or node.halting is not None or (node.body is not None and _asks(node.body))
        for node in plan.nodes
    )


def report(problems: Sequence[Problem]) -> list[ProblemReport]:
    """Problems as the door shows them."""
    return [ProblemReport(item.level, item.code, item.message, item.node_id, item.place) for item in problems]


def refused(error: DslError) -> DocumentRefused:
    """The door's own error for a document that cannot be imported."""
    return DocumentRefused(error.message, problems=[_as_map(problem) for problem in report(error.problems)])


def _as_map(problem: ProblemReport) -> dict[str, str | None]:
    return {
        "level": problem.level,
        "code": problem.code,
        "message": problem.message,
        "node_id": problem.node_id,
        "place": problem.place,
    }


def _not_runnable(document: Document) -> Problem:
    if document.mode in RUNNABLE_MODES:
        message = "The app says nothing to run: its 'model_config' is empty."
        return Problem("warning", "not_runnable_yet", message, place="model_config")
    message = f"Apps of mode '{document.mode}' import and export, but this release cannot run them yet."
    return Problem("warning", "not_runnable_yet", message, place="app.mode")
