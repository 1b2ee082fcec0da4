"""An app file, read: the tree as it was written, and everything that the rest of the house wants to know of it.

Format: Dify's DSL, versions 0.1 to 0.7, observed in files exported between 2024 and 2026.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from loomwork.dsl.basic import BASIC_MODES, basic_workflow
from loomwork.dsl.drawing import DrawnEdge, DrawnNode, draw_edges, draw_nodes
from loomwork.dsl.errors import refusal
from loomwork.dsl.form import FormField, basic_form, start_form
from loomwork.dsl.graph import ReadGraph, has_type, read_graph, root_data
from loomwork.dsl.loading import BODY_KEYS, load_tree
from loomwork.dsl.models import ImageReader, ModelReference, image_readers, model_references
from loomwork.dsl.packed import with_packed_agents
from loomwork.dsl.values import as_flag, as_mapping, as_text, plain
from loomwork.dsl.variables import read_variables
from loomwork.engine.ports import GraphSpec, Problem

GRAPH_MODES = frozenset({"workflow", "advanced-chat", "rag-pipeline"})
CHAT_MODES = frozenset({"chat", "agent-chat", "advanced-chat", "agent"})
"""Modes whose apps answer a query within a conversation."""

MODES = GRAPH_MODES | CHAT_MODES | BASIC_MODES
NEWEST_VERSION = (0, 7)
MAX_PROBLEMS = 100
"""Warnings that a document tells in full; a person reads no more, and a hostile file could hold a million."""

_BASIC_FEATURES = (
    "opening_statement",
    "suggested_questions",
    "suggested_questions_after_answer",
    "speech_to_text",
    "text_to_speech",
    "retriever_resource",
    "annotation_reply",
    "more_like_this",
    "sensitive_word_avoidance",
    "file_upload",
)


@dataclass(frozen=True)
class Document:
    """One app file. `tree` is what the file holds, keys and order kept, and must not be changed; all else is read from
    it. `problems` are warnings of reading only: whether the graph is sound, its compiler says.
    """

    tree: Mapping[Any, Any] = field(repr=False)
    mode: str
    name: str
    description: str = field(repr=False)
    icon: str
    icon_background: str
    dsl_version: str | None
    """As written; None where the file does not say, as the oldest ones do."""
    problems: tuple[Problem, ...] = field(repr=False)
    form: tuple[FormField, ...] = field(repr=False)
    features: Mapping[str, Any] = field(repr=False)
    model_references: tuple[ModelReference, ...]
    image_readers: tuple[ImageReader, ...]
    environment_variables: Mapping[str, Any] = field(repr=False)
    conversation_variables: Mapping[str, Any] = field(repr=False)
    read_graph: ReadGraph | None = field(repr=False)

    @cached_property
    def graph(self) -> GraphSpec | None:
        """What is compiled and run; None where there is nothing to run."""
        return self.read_graph.spec if self.read_graph is not None else None

    @property
    def node_count(self) -> int:
        """Nodes that run; notes are not counted."""
        return len(self.read_graph.nodes) if self.read_graph is not None else 0

    @property
    def is_chat(self) -> bool:
        """Whether a run answers a `query`."""
        return self.mode in CHAT_MODES

    @cached_property
    def drawn_edges(self) -> tuple[DrawnEdge, ...]:
        return draw_edges(self.read_graph) if self.read_graph is not None else ()

    @cached_property
    def drawn_nodes(self) -> tuple[DrawnNode, ...]:
        return draw_nodes(self.read_graph, self.drawn_edges) if self.read_graph is not None else ()


def read_document(text: str | bytes) -> Document:
    """Read an app file: YAML or JSON, of any version, wrapped or not. Raises `DslError`, and nothing else."""
    loaded = load_tree(text)
    tree, problems = loaded.tree, list(loaded.warnings)
    if not any(isinstance(tree.get(key), dict) for key in BODY_KEYS):
        raise refusal("no_app", "The file is no app file: it has neither an 'app' nor a 'workflow' or 'model_config'.")
    about = _about(tree)
    version = _version(tree, problems)
    mode = _mode(tree, about, problems)
    workflow, model_config = as_mapping(tree.get("workflow")), as_mapping(tree.get("model_config"))
    form = () if mode in GRAPH_MODES else basic_form(model_config, problems)
    graph = _graph(mode, workflow, model_config, form, problems)
    if graph is not None:
        graph = with_packed_agents(graph, as_mapping(tree.get("agent_packages")), problems)
    _report_missing_body(mode, tree, problems)
    features = _features(mode, workflow, model_config)
    if mode in GRAPH_MODES and graph is not None:
        form = start_form(root_data(graph), problems)
    return Document(
        tree=tree,
        mode=mode,
        name=as_text(about.get("name")) or "Untitled",
        description=as_text(about.get("description")),
        icon=as_text(about.get("icon")),
        icon_background=as_text(about.get("icon_background")),
        dsl_version=version,
        form=form,
        features=features,
        model_references=model_references(graph, model_config if graph is None else {}),
        image_readers=image_readers(graph, features, form),
        environment_variables=_variables(workflow, "environment_variables", problems),
        conversation_variables=_variables(workflow, "conversation_variables", problems),
        read_graph=graph,
        problems=_first_problems(problems),
    )


def _about(tree: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Where name and icon stand. A knowledge pipeline keeps them under `rag_pipeline`."""
    app = tree.get("app")
    return app if isinstance(app, dict) else as_mapping(tree.get("rag_pipeline"))


def _version(tree: Mapping[Any, Any], problems: list[Problem]) -> str | None:
    version = as_text(tree.get("version"))
    if not version:
        return None
    numbers = re.match(r"v?(\d{1,6})\.(\d{1,6})", version.strip())
    if numbers is None:
        message = f"The version '{version[:40]}' cannot be read; the file is read like a current one."
        problems.append(Problem("warning", "unreadable_version", message, place="version"))
    elif (int(numbers[1]), int(numbers[2])) > NEWEST_VERSION:
        message = f"The file has version {version[:40]}, newer than 0.7, the newest that is known; parts may be missed."
        problems.append(Problem("warning", "newer_version", message, place="version"))
    return version


def _mode(tree: Mapping[Any, Any], about: Mapping[Any, Any], problems: list[Problem]) -> str:
    if tree.get("kind") == "rag_pipeline" or (not about.get("mode") and isinstance(tree.get("rag_pipeline"), dict)):
        return "rag-pipeline"
    written = as_text(about.get("mode")).strip()
    if written in MODES:
        return written
    mode = _guessed_mode(tree)
    said = f"The mode '{written[:40]}' is not known" if written else "The file does not say its mode"
    message = f"{said}; the app is read as '{mode}'."
    problems.append(Problem("warning", "unknown_mode", message, place="app.mode"))
    return mode


def _guessed_mode(tree: Mapping[Any, Any]) -> str:
    """By what the body has that only one mode can have."""
    workflow, model_config = tree.get("workflow"), tree.get("model_config")
    if isinstance(workflow, dict):
        return "advanced-chat" if has_type(workflow, "answer") else "workflow"
    if isinstance(model_config, dict):
        return "agent-chat" if as_flag(as_mapping(model_config.get("agent_mode")).get("enabled")) else "chat"
    return "agent" if isinstance(tree.get("agent"), dict) else "workflow"


def _graph(
    mode: str,
    workflow: Mapping[Any, Any],
    model_config: Mapping[Any, Any],
    form: tuple[FormField, ...],
    problems: list[Problem],
) -> ReadGraph | None:
    """The graph as it is written, or the one that an app without a graph is made into."""
    if mode in GRAPH_MODES:
        return read_graph(workflow, problems)
    if mode in BASIC_MODES and model_config:
        return read_graph(basic_workflow(mode, model_config, form), problems)
    return None


def _report_missing_body(mode: str, tree: Mapping[Any, Any], problems: list[Problem]) -> None:
    key = "workflow" if mode in GRAPH_MODES else "agent" if mode == "agent" else "model_config"
    if not isinstance(tree.get(key), dict):
        message = f"The app has no '{key}', so there is nothing in it to run."
        problems.append(Problem("warning", "no_body", message, place=key))


def _features(mode: str, workflow: Mapping[Any, Any], model_config: Mapping[Any, Any]) -> Mapping[str, Any]:
    if mode in GRAPH_MODES:
        return dict(plain(as_mapping(workflow.get("features"))))
    return {key: plain(model_config[key]) for key in _BASIC_FEATURES if key in model_config}


def _variables(workflow: Mapping[Any, Any], key: str, problems: list[Problem]) -> Mapping[str, Any]:
    return read_variables(workflow.get(key), f"workflow.{key}", problems)


def _first_problems(problems: list[Problem]) -> tuple[Problem, ...]:
    left_out = len(problems) - MAX_PROBLEMS
    if left_out <= 0:
        return tuple(problems)
    return (*problems[:MAX_PROBLEMS], Problem("warning", "more_problems", f"And {left_out} more warnings like these."))
