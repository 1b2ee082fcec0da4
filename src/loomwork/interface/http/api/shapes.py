"""The shapes of `/api/v1`: what its answers hold, as its OpenAPI describes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loomwork.apps.api import (
    AppOverview,
    CheckReport,
    Environment,
    FormField,
    GraphEdge,
    GraphNode,
    NodeState,
    OpenQuestion,
    Run,
    Starter,
)
from loomwork.conversations.api import Conversation, Message
from loomwork.interface.http.encoding import JsonMap, JsonValue
from loomwork.kernel.page import Page
from loomwork.model_gateway.api import Memory, WeightsStatus
from loomwork.tenancy.api import ApiKey, Identity, NewKey, Permission, Profile

T = TypeVar("T", bound=BaseModel)

_APP_ID = "0198c2a4-7d10-7c33-9a5e-2f1f6f6f0a11"
_RUN_ID = "0198c2a5-1b22-7e84-8b0d-5f0c9e7d1c42"


class Shape(BaseModel):
    """Built from the values behind the doors, attribute by attribute."""

    model_config = ConfigDict(from_attributes=True, defer_build=True)

    volatile: ClassVar[frozenset[str]] = frozenset()
    """Fields that change by themselves, without anybody who edits."""


class RequestShape(BaseModel):
    """A request body; a key that it does not know is an error, so that a typing mistake is not passed over."""

    model_config = ConfigDict(extra="forbid")


class ListOf(Shape, Generic[T]):
    """All there is."""

    data: list[T]


class PageOf(Shape, Generic[T]):
    """One page; `next` is the `after` of the page that follows, null on the last one."""

    data: list[T]
    next: str | None = Field(default=None, examples=[None])


class ErrorFacts(Shape):
    code: str = Field(description="Stable; what a program should look at.", examples=["not_found"])
    message: str = Field(description="A sentence that says what to do.", examples=["There is no app with this id."])
    details: dict[str, Any] = Field(default_factory=dict, examples=[{}])


class ErrorShape(Shape):
    """Every error of this API."""

    error: ErrorFacts


class WorkspaceShape(Shape):
    id: str
    name: str = Field(examples=["Home"])
    slug: str = Field(description="Its short name.", examples=["default"])


class ActorShape(Shape):
    kind: Literal["person", "key", "end_user", "system"]
    id: str
    name: str = Field(examples=["Owner"])


class SessionShape(Shape):
    """Who you are here."""

    workspace: WorkspaceShape
    actor: ActorShape
    role: str = Field(description="Yours in this workspace; `key` for a key of it.", examples=["owner"])
    permissions: list[Permission] = Field(description="What you may do in the whole workspace.")
    granted: dict[str, list[Permission]] = Field(description="What you may do besides, by the id of an app.")
    version: str = Field(description="Of the server.", examples=["0.1.0"])

    @classmethod
    def of(cls, identity: Identity, profile: Profile, version: str) -> "SessionShape":
        actor = identity.scope.actor
        return cls(
            workspace=WorkspaceShape.model_validate(profile.workspace),
            actor=ActorShape(kind=actor.kind, id=actor.id, name=profile.actor_name),
            role=identity.standing.role,
            permissions=sorted(identity.permissions),
            granted={app_id: sorted(given) for app_id, given in identity.standing.granted.items()},
            version=version,
        )


class ProblemShape(Shape):
    """What is wrong with a document, and where."""

    level: Literal["error", "warning"]
    code: str = Field(examples=["dangling_edge"])
    message: str
    node_id: str | None = None
    place: str | None = Field(default=None, examples=["workflow.graph.edges[3]"])


class AppShape(Shape):
    """An app as lists show it."""

    id: str = Field(examples=[_APP_ID])
    name: str = Field(examples=["Summarise a text"])
    description: str
    mode: str = Field(description="workflow, advanced-chat, ...", examples=["workflow"])
    icon: str = Field(examples=["📝"])
    icon_background: str = Field(examples=["#E0F2FE"])
    node_count: int = Field(examples=[3])
    warnings: int = Field(description="How many warnings its document has.", examples=[0])
    runnable: bool = Field(description="False for a mode that this release cannot run.")
    created_at: datetime
    updated_at: datetime
    published_version: int | None = Field(description="The version that visitors get, null before the first.")
    revision: int = Field(description="Rises with every change of the draft; its `ETag`.", examples=[4])
    tags: list[str] = Field(examples=[["support"]])


class NodeShape(Shape):
    """A node as it is drawn."""

    id: str
    type: str = Field(examples=["llm"])
    title: str
    description: str
    x: float
    y: float
    width: float | None
    height: float | None
    parent_id: str | None = Field(description="The container it stands in.")
    handles: list[tuple[str, str]] = Field(description="Id and label of each way out.", examples=[[["source", ""]]])
    config: JsonMap = Field(description="The node's settings as the document has them.")

    @classmethod
    def of(cls, node: GraphNode) -> "NodeShape":
        return cls.model_validate(node)


class EdgeShape(Shape):
    id: str
    source: str
    target: str
    handle: str

    @classmethod
    def of(cls, edge: GraphEdge) -> "EdgeShape":
        return cls.model_validate(edge)


class FormFieldShape(Shape):
    """One field of the form that starts a run."""

    variable: str = Field(examples=["text"])
    label: str
    type: str = Field(examples=["paragraph"])
    required: bool
    default: JsonValue = None
    options: list[str] = []
    max_length: int | None = None
    description: str = ""
    hide: bool = False
    file_types: list[str] = Field(default=[], description="Of files that it takes; none: all.", examples=[["image"]])
    file_extensions: list[str] = Field(default=[], description="How files of the type `custom` may end.")
    file_methods: list[str] = Field(default=[], description="`local_file`, `remote_url`; none: both.")

    @classmethod
    def of(cls, field: FormField) -> "FormFieldShape":
        return cls.model_validate(field)


class ModelAnswerShape(Shape):
    """Which model answers for a reference that the document makes."""

    reference: str = Field(examples=["openai/gpt-4o"])
    name: str = Field(description="Of the model, without its provider.", examples=["gpt-4o"])
    model: str | None = Field(examples=["local/qwen2.5-coder-0.5b"])
    notice: str | None = Field(default=None, description="Why it is another than the one asked for.")
    provider: str | None = Field(
        default=None, description="Who would answer if it were set up; null where that would not help."
    )
    blind: str | None = Field(default=None, description="Where the app shows it images: that it sees none.")


class OpenAppShape(AppShape):
    """An app opened for use."""

    nodes: list[NodeShape]
    edges: list[EdgeShape]
    form: list[FormFieldShape]
    features: JsonMap
    problems: list[ProblemShape]
    models: list[ModelAnswerShape]

    @classmethod
    def of(cls, overview: AppOverview) -> "OpenAppShape":
        return cls(
            **AppShape.model_validate(overview.app).model_dump(exclude={"runnable"}),
            nodes=[NodeShape.of(node) for node in overview.nodes],
            edges=[EdgeShape.of(edge) for edge in overview.edges],
            form=[FormFieldShape.of(field) for field in overview.form],
            features=dict(overview.features),
            problems=[ProblemShape.model_validate(problem) for problem in overview.problems],
            models=[ModelAnswerShape.model_validate(dict(model)) for model in overview.models],
            runnable=overview.runnable,
        )


class GraphShape(Shape):
    """The graph that a run ran."""

    nodes: list[NodeShape]
    edges: list[EdgeShape]


class NewAppBody(RequestShape):
    """Either a document, or the id of a starter."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"document": "app:\n  mode: workflow\n  ..."}, {"starter": "summarise"}]},
    )

    document: str | None = Field(default=None, description="An app file, as text: YAML, or JSON.")
    publish: bool = Field(default=False, description="Publish it at once. Starters always are.")
    starter: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewAppBody":
        if (self.document is None) == (self.starter is None):
            raise ValueError("send either `document` or `starter`")
        return self


class DocumentBody(RequestShape):
    document: str = Field(description="An app file, as text.")


class BindingBody(RequestShape):
    reference: str = Field(max_length=500, description="As the document writes it.", examples=["openai/gpt-4o"])
    model: str | None = Field(max_length=500, description="What shall answer; null takes the binding away.")


class BindingsShape(Shape):
    """Which models answer for references of a document, by reference."""

    bindings: dict[str, str] = Field(examples=[{"openai/gpt-4o": "local/qwen2.5-coder-0.5b"}])


class CheckShape(Shape):
    """Whether a document would import, and what is worth knowing about it."""

    ok: bool
    mode: str | None
    dsl_version: str | None
    nodes: int
    problems: list[ProblemShape]

    @classmethod
    def of(cls, report: CheckReport) -> "CheckShape":
        return cls.model_validate(report)


class StarterShape(Shape):
    """An app of the catalog."""

    id: str = Field(examples=["summarise"])
    name: str
    description: str
    mode: str
    icon: str
    icon_background: str
    sample_inputs: list[JsonMap]

    @classmethod
    def of(cls, starter: Starter) -> "StarterShape":
        return cls.model_validate(starter)


class KeyShape(Shape):
    """A key as it can be shown later."""

    id: str
    kind: Literal["app", "dataset", "workspace", "personal"]
    name: str = Field(examples=["deploy script"])
    subject_id: str | None = Field(description="The app that it opens, null for a key of the workspace or of a person.")
    member_id: str | None = Field(description="The member that a personal key acts for.")
    scopes: list[Permission] | None = Field(description="The only permissions that it gives; null for all of its kind.")
    last_four: str = Field(examples=["x7Qa"])
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = Field(default=None, description="To the minute.")
    revoked_at: datetime | None = None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyShape":
        terms = key.terms
        return cls(
            id=key.id,
            kind=key.kind,
            name=terms.name,
            subject_id=key.subject_id,
            member_id=terms.member_id,
            scopes=None if terms.scopes is None else sorted(terms.scopes),
            last_four=key.last_four,
            created_at=key.created_at,
            expires_at=terms.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )


class NewAppKeyBody(RequestShape):
    name: str = Field(default="", max_length=100, examples=["web site"])
    expires_at: datetime | None = Field(default=None, description="From then on it opens nothing; absent: never.")


class NewKeyBody(NewAppKeyBody):
    scopes: list[str] | None = Field(
        default=None, max_length=100, description="Permissions; all of yours where absent.", examples=[["apps.read"]]
    )


class NewKeyShape(Shape):
    """A new key; `secret` is never shown again."""

    id: str
    secret: str = Field(examples=["app-..."])
    last_four: str

    @classmethod
    def of(cls, new: NewKey) -> "NewKeyShape":
        return cls(id=new.key.id, secret=new.secret, last_four=new.key.last_four)


class NewRunBody(RequestShape):
    """What to run, and with what."""

    app_id: str = Field(max_length=100, examples=[_APP_ID])
    inputs: dict[str, Any] = Field(default_factory=dict, examples=[{"text": "Once upon a time ..."}])
    query: str | None = Field(default=None, description="What the person says; chat apps need it.")
    conversation_id: str | None = Field(default=None, max_length=100, description="The conversation to go on with.")
    published: bool = Field(default=False, description="Run what visitors get, instead of the draft.")
    environment: Environment | None = Field(default=None, description="Run the version that stands there.")
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Run the version of this number.")

    @model_validator(mode="after")
    def _one_at_most(self) -> "NewRunBody":
        if self.published + (self.environment is not None) + (self.version is not None) > 1:
            raise ValueError("choose one of `published`, `environment` and `version`")
        return self


Frame = list[tuple[str, int]]
"""Container and index of each enclosing round, outermost first."""


class AnswerBody(RequestShape):
    """What a person answers."""

    node_id: str = Field(max_length=200, examples=["review"])
    frame: Frame = Field(default_factory=list, description="As the question has it.", examples=[[]], max_length=100)
    action: str = Field(max_length=200, description="The id of one of the question's actions.", examples=["approve"])
    values: dict[str, Any] = Field(default_factory=dict, description="By field.", examples=[{"comment": "Well done."}])


class ReplayBody(RequestShape):
    """How to run it again; `{}` repeats the whole run with the same inputs."""

    node_id: str | None = Field(
        default=None,
        max_length=200,
        description="Run this node and all after it anew; null repeats the whole run.",
        examples=["llm"],
    )
    inputs: dict[str, Any] | None = Field(default=None, description="Inputs that take the place of those of the run.")
    outputs: dict[str, dict[str, Any]] | None = Field(
        default=None, description="By node: outputs that stand in for running it.", examples=[{"llm": {"text": "Hi"}}]
    )


class QuestionShape(Shape):
    """A node that waits for somebody's answer."""

    node_id: str = Field(examples=["review"])
    title: str = Field(description="The node's.", examples=["Review"])
    frame: Frame = Field(description="Container and index of each enclosing round.", examples=[[]])
    form: JsonMap = Field(description="`content`, in Markdown, and `fields`.")
    actions: list[JsonMap] = Field(description="Each with `id` and `title`.", examples=[[{"id": "ok", "title": "OK"}]])
    expires_at: float | None = Field(description="Seconds since the epoch; null stands for ever.")

    @classmethod
    def of(cls, question: OpenQuestion) -> "QuestionShape":
        return cls.model_validate(question)


class RunErrorShape(Shape):
    code: str
    message: str
    node_id: str | None = None


class NodeStateShape(Shape):
    """The last word on one node of a run."""

    status: str = Field(examples=["succeeded"])
    outputs: JsonMap | None
    error: dict[str, str] | None
    elapsed_ms: float | None
    runs: int = Field(description="How often it ran, retries and rounds included.")

    @classmethod
    def of(cls, state: NodeState) -> "NodeStateShape":
        return cls.model_validate(state)


class RunShape(Shape):
    """A run. In lists `nodes` and `questions` are empty."""

    id: str = Field(examples=[_RUN_ID])
    app_id: str = Field(examples=[_APP_ID])
    version: int | None = Field(description="null for a run of the draft.")
    environment: Environment | None = Field(
        description="Where that version was asked for; null for the draft, and where it was asked for by its number."
    )
    status: Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]
    inputs: JsonMap
    query: str | None
    source: str = Field(description="The face that asked.", examples=["console"])
    end_user: str
    created_at: datetime
    conversation_id: str | None
    message_id: str | None
    outputs: JsonMap
    answer: str | None
    error: RunErrorShape | None
    nodes: dict[str, NodeStateShape]
    usage: JsonMap = Field(examples=[{"prompt_tokens": 41, "completion_tokens": 12, "total_tokens": 53}])
    notices: list[str] = Field(description="What the person should know about how the run was answered.")
    started_at: datetime | None
    finished_at: datetime | None
    elapsed_ms: float | None
    questions: list[QuestionShape] = Field(default=[], description="What it asks people now.")
    origin_id: str | None = Field(description="The run that this one repeats.")
    origin_node_id: str | None = Field(description="The node from which on it repeats it; null for all of it.")
    parent_id: str | None = Field(description="The run that this one is a step of.")

    @classmethod
    def of(cls, run: Run, questions: Sequence[OpenQuestion] = ()) -> "RunShape":
        shape = cls.model_validate(run)
        shape.questions = [QuestionShape.of(question) for question in questions]
        return shape


class EventShape(Shape):
    """One event of a run, as each `data:` of the stream holds it."""

    seq: int = Field(description="From 1, without gaps.", examples=[7])
    type: str = Field(examples=["text_chunk"])
    node_id: str | None
    at: float = Field(description="Seconds since the run's start.", examples=[0.412])
    frame: list[tuple[str, int]] = Field(description="Container and index of each enclosing round.", examples=[[]])
    data: dict[str, Any] = Field(examples=[{"text": "Once", "from": ["llm", "text"]}])


class ConversationShape(Shape):
    id: str
    app_id: str
    end_user: str
    name: str
    inputs: JsonMap
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, conversation: Conversation) -> "ConversationShape":
        return cls.model_validate(conversation)


class MessageShape(Shape):
    """One turn of a conversation. `answer` is empty until its run has ended."""

    id: str
    conversation_id: str
    run_id: str
    parent_id: str | None
    query: str
    answer: str
    status: str = Field(examples=["succeeded"])
    inputs: JsonMap
    usage: JsonMap
    created_at: datetime

    @classmethod
    def of(cls, message: Message) -> "MessageShape":
        return cls.model_validate(message)


class LocalModelShape(Shape):
    """The weights of a model of this machine. Sizes in bytes."""

    model: str = Field(examples=["local/qwen2.5-coder-0.5b"])
    state: Literal["absent", "fetching", "ready", "failed"]
    source: str = Field(description="Where the weights come from, in words.")
    size: int
    fetched: int
    licence: str = Field(examples=["Apache-2.0"])
    problem: str | None
    memory: Memory = Field(description="Where the process that runs the model stands: loading until it can answer.")

    @classmethod
    def of(cls, status: WeightsStatus) -> "LocalModelShape":
        return cls.model_validate(status)


class FetchBody(RequestShape):
    model: str = Field(max_length=500, examples=["local/qwen2.5-coder-0.5b"])


def page_of(shape: type[T], page: Page[Any]) -> PageOf[T]:
    """A page of values as a page of shapes."""
    return PageOf[T](data=[shape.model_validate(item) for item in page.items], next=page.next)
