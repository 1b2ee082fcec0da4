"""The door of apps: everything a person, a script or another product's client can ask of an app."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from loomwork.apps.domain import (
    ENVIRONMENTS,
    App,
    Difference,
    DraftChanged,
    EdgeChange,
    Environment,
    FieldChange,
    FileTooLarge,
    NodeChange,
    NodeState,
    Promotion,
    Run,
    RunFilter,
    RunStatus,
    UploadedFile,
    Version,
    difference_lines,
)
from loomwork.dsl import DrawnEdge as GraphEdge
from loomwork.dsl import DrawnNode as GraphNode
from loomwork.dsl import FormField
from loomwork.engine.events import FramePath
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import AppId, ConversationId, RunId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope

__all__ = [
    "ENVIRONMENTS",
    "AnswerNotStored",
    "App",
    "AppFiles",
    "AppLife",
    "AppOverview",
    "Apps",
    "CheckReport",
    "Difference",
    "DocumentRefused",
    "DraftChanged",
    "EdgeChange",
    "Environment",
    "FieldChange",
    "FileTooLarge",
    "FormField",
    "GraphEdge",
    "GraphNode",
    "NodeChange",
    "NodeState",
    "NotPublished",
    "NotRunnableYet",
    "OpenQuestion",
    "PersonAnswer",
    "ProblemReport",
    "Promotion",
    "ReplayRequest",
    "Run",
    "RunFilter",
    "RunRequest",
    "RunStatus",
    "Starter",
    "Upload",
    "UploadedFile",
    "Version",
    "difference_lines",
]


class DocumentRefused(LoomworkError):
    """The document cannot be imported; `details["problems"]` lists why (each a `ProblemReport` as a map)."""

    code = "document_refused"


class NotPublished(LoomworkError):
    """The app has no published version yet."""

    code = "not_published"


class NotRunnableYet(LoomworkError):
    """The app imports and exports, but its mode cannot be run by this release."""

    code = "not_runnable_yet"


class AnswerNotStored(LoomworkError):
    """Whether a person's answer will count is not known yet."""

    code = "answer_not_stored"


@dataclass(frozen=True, slots=True)
class ProblemReport:
    level: str
    code: str
    message: str
    node_id: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Whether a document would import (`ok`: no problem of level error), and all that is worth knowing about it."""

    ok: bool
    mode: str | None
    dsl_version: str | None
    nodes: int
    problems: Sequence[ProblemReport]


@dataclass(frozen=True, slots=True)
class AppOverview:
    """An app opened for use: its graph, its form, what is wrong with it, and which models would answer."""

    app: App
    nodes: Sequence[GraphNode]
    edges: Sequence[GraphEdge]
    form: Sequence[FormField]
    features: Mapping[str, Any]
    problems: Sequence[ProblemReport]
    models: Sequence[Mapping[str, Any]]
    """Each `{"reference", "name", "model", "notice", "provider", "blind"}`: as `ResolvedModel` has them, the model's
    own name, and a sentence where it is to be shown images and sees none.
    """
    runnable: bool


@dataclass(frozen=True, slots=True)
class Starter:
    """An app of the catalog, ready to be copied into the workspace."""

    id: str
    name: str
    description: str
    mode: str
    icon: str
    icon_background: str
    sample_inputs: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is started with. With `published` the version that visitors get is run, with `environment` the one
    that stands there, with `version` the one of that number, else the draft.
    `files` are what the face was given for `sys.files`, in wire form. A chat app needs `query`. `history` is what was
    asked and answered before, where the caller and no conversation of ours remembers it.
    """

    app_id: AppId
    inputs: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    conversation_id: ConversationId | None = None
    files: Sequence[Mapping[str, Any]] = ()
    history: Sequence[tuple[str, str]] = ()
    published: bool = False
    version: int | None = None
    environment: Environment | None = None
    source: str = "api"
    end_user: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in. `name` and `media_type` are what its sender says; `field` is the input of the form that it
    is for, None where that is not said.
    """

    name: str
    content: AsyncIterator[bytes]
    media_type: str = ""
    field: str | None = None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What a run asks people now. `form` has `content` (Markdown) and `fields`; each of the `actions` is a way to
    answer, with `id` and `title`. The question is over at `expires_at`, in seconds since the epoch; None stands for
    ever.
    """

    node_id: str
    title: str
    frame: FramePath
    form: Mapping[str, Any]
    actions: Sequence[Mapping[str, Any]]
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """What a person answers to the question of a node. `values` are those of the form's fields, files in wire form."""

    node_id: str
    action: str
    values: Mapping[str, Any] = field(default_factory=dict)
    frame: FramePath = ()


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """How a run is repeated. With `node_id`, every result of nodes that are not that one and not after it stands in for
    running them again. `inputs` take the place of those of the same names; `outputs`, by node, stand in for what those
    nodes left (one that left something else beside keeps that).
    """

    node_id: str | None = None
    inputs: Mapping[str, Any] | None = None
    outputs: Mapping[str, Mapping[str, Any]] | None = None
    source: str = "api"


class Apps(Protocol):
    """Use cases of apps. Ids of another workspace are `NotFound`."""

    async def import_app(self, scope: Scope, document: str, *, publish: bool = False) -> App:
        """Store a document as a new app. Raises `DocumentRefused`."""
        ...

    async def replace_document(self, scope: Scope, app_id: AppId, document: str, *, revision: int | None = None) -> App:
        """Put another document in the place of the draft. Raises `DocumentRefused`, and `DraftChanged` where the draft
        is of another revision than the one given.
        """
        ...

    async def check(self, document: str) -> CheckReport:
        """Would it import, would it run? Never raises for what is in the document."""
        ...

    async def export_app(self, scope: Scope, app_id: AppId) -> str:
        """The draft as YAML, equal to what was imported."""
        ...

    async def list_apps(self, scope: Scope, page: PageRequest, *, search: str = "", tag: str = "") -> Page[App]: ...

    async def get_app(self, scope: Scope, app_id: AppId) -> App:
        """The app as it is stored; nothing is parsed."""
        ...

    async def open_app(self, scope: Scope, app_id: AppId, *, published: bool = False) -> AppOverview: ...

    async def publish_app(
        self, scope: Scope, app_id: AppId, *, notes: str = "", environment: Environment = "prod"
    ) -> Version:
        """Freeze the draft as a version that stands in the environment and in those before it; in `prod` it is what
        visitors get. The same draft twice is the same version, with the notes that it has.
        """
        ...

    async def delete_app(self, scope: Scope, app_id: AppId) -> None: ...

    async def bind_model(self, scope: Scope, app_id: AppId, reference: str, model: str | None) -> App:
        """Say which local model answers for a reference of the document; None takes the binding away."""
        ...

    async def bind_app(self, scope: Scope, app_id: AppId, name: str, other: AppId | None) -> App:
        """Say which app of the workspace a sub-workflow node means by a name; None takes the binding away."""
        ...

    async def list_starters(self) -> Sequence[Starter]: ...

    async def add_starter(self, scope: Scope, starter_id: str) -> App:
        """Copy a starter into the workspace, published; with a number after its name where one of that name is there.
        Raises `NotFound`.
        """
        ...

    async def start_run(self, scope: Scope, request: RunRequest) -> Run:
        """Check the inputs, write the run down, and have it executed. Answers at once, with the run `queued`.
        Raises `InvalidInput` (with `details["field"]`), `NotPublished`, `NotRunnableYet`, `NotFound`.
        """
        ...

    async def stop_run(self, scope: Scope, run_id: RunId) -> None:
        """Ask a run to stop. One that has ended is left as it is."""
        ...

    async def pause_run(self, scope: Scope, run_id: RunId) -> None:
        """Ask a run to rest once the nodes in flight have ended. Raises `Conflict` for one that has ended, and for one
        of which nothing is kept to go on from.
        """
        ...

    async def resume_run(self, scope: Scope, run_id: RunId) -> None:
        """Have a run go on that somebody paused; its questions stay open. Raises `Conflict` for one that has ended."""
        ...

    async def open_questions(self, scope: Scope, run_id: RunId) -> Sequence[OpenQuestion]:
        """What the run asks people now, in the order in which it was asked."""
        ...

    async def answer_run(self, scope: Scope, run_id: RunId, answer: PersonAnswer) -> None:
        """Answer a question. Once this returns, the answer is stored, and no crash loses it. Raises `Conflict` where
        the run does not ask this (any more), `InvalidInput` (with `details["field"]`) for an answer that does not fit
        the form, `AnswerNotStored` where it takes too long to say.
        """
        ...

    async def replay_run(self, scope: Scope, run_id: RunId, request: ReplayRequest) -> Run:
        """Run a run again that has ended, with the graph and the circumstances that it had, as a new run that says
        where it comes from and belongs to no conversation. Raises `Conflict` for a run that goes on, or of which too
        little is kept, and `InvalidInput` for nodes that are not there, or inside a container.
        """
        ...

    async def get_run(self, scope: Scope, run_id: RunId) -> Run: ...

    async def run_graph(self, scope: Scope, run_id: RunId) -> tuple[Sequence[GraphNode], Sequence[GraphEdge]]:
        """The graph of the document that the run ran, which the draft may have left behind."""
        ...

    async def list_runs(
        self, scope: Scope, page: PageRequest, *, app_id: AppId | None = None, wanted: RunFilter | None = None
    ) -> Page[Run]:
        """Newest first, of one app or of all; `document` and `nodes` are left out."""
        ...

    def follow_run(
        self, scope: Scope, run_id: RunId, *, after: int = 0, until_rest: bool = False
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Batches of the run's events in wire form with a seq above `after`, live until the terminal one; with
        `until_rest` only until nothing goes on any more, be the run paused or ended.
        """
        ...

    async def wait_for_run(self, scope: Scope, run_id: RunId, *, until_rest: bool = False) -> Run:
        """The run once it has ended, with `until_rest` once it is paused or has ended."""
        ...


class AppFiles(Protocol):
    """Files that are handed in for the forms of apps, before the run that takes them."""

    async def upload_file(self, scope: Scope, app_id: AppId, upload: Upload) -> UploadedFile:
        """Keep a file; a run that its uploader starts may name it, as `local_file`. Raises `NotFound`, `FileTooLarge`,
        and `InvalidInput` for an empty one and for one that the field does not take.
        """
        ...


class AppLife(Protocol):
    """Versions of apps and where they stand; copies; tags. Ids of another workspace are `NotFound`."""

    async def list_versions(self, scope: Scope, app_id: AppId, page: PageRequest) -> Page[Version]:
        """Newest first; `document` is "" in list items."""
        ...

    async def get_version(self, scope: Scope, app_id: AppId, number: int) -> Version: ...

    async def note_version(self, scope: Scope, app_id: AppId, number: int, notes: str) -> Version:
        """Write other notes about a version; nothing else of it ever changes."""
        ...

    async def compare(self, scope: Scope, app_id: AppId, old: int | None, new: int | None) -> Difference:
        """What changes from one version to another; None stands for the draft."""
        ...

    async def restore(self, scope: Scope, app_id: AppId, number: int, *, revision: int | None = None) -> App:
        """Put a version in the place of the draft. Raises `DraftChanged` as `Apps.replace_document` does."""
        ...

    async def duplicate(self, scope: Scope, app_id: AppId, *, name: str | None = None) -> App:
        """A new app with the draft, the bindings and the tags of this one, and no version."""
        ...

    async def tag(self, scope: Scope, app_id: AppId, tags: Sequence[str]) -> App:
        """Put these tags in the place of those that the app had. Raises `InvalidInput`."""
        ...

    async def list_tags(self, scope: Scope) -> Mapping[str, int]:
        """Every tag of the workspace, and how many apps have it."""
        ...

    async def promote(
        self, scope: Scope, app_id: AppId, environment: Environment, number: int | None = None
    ) -> Promotion:
        """Have a version stand in an environment; without a number, the one that stands in the environment before.
        Raises `Conflict` for a version that never stood there, `NotPublished` where nothing does.
        """
        ...

    async def environments(self, scope: Scope, app_id: AppId) -> Mapping[Environment, Promotion]:
        """What stands in each environment; those where nothing does are left out."""
        ...

    async def list_promotions(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, environment: Environment | None = None
    ) -> Page[Promotion]:
        """What was put where, newest first."""
        ...

    async def retention(self, scope: Scope, app_id: AppId | None = None) -> int | None:
        """For how many days runs and conversations of an app are kept by its own rule, for None by that of the
        workspace; None where there is no rule.
        """
        ...

    async def retain(self, scope: Scope, app_id: AppId | None, days: int | None) -> None:
        """Say for how many days they are kept; None takes the rule away. Raises `InvalidInput`."""
        ...
