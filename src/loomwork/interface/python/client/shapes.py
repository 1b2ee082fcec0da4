"""What `/api/v1` takes and answers, as its JSON has it.

Made by scripts/generate_client.py from the API's document: change that, and make this again.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Accepted(TypedDict):
    """Accepted."""

    workspace_id: str


class Actor(TypedDict):
    """Actor."""

    kind: Literal["person", "key", "end_user", "system"]
    id: str
    name: str


class Annotation(TypedDict):
    """What is to be answered to a question."""

    id: str
    app_id: str
    question: str
    answer: str
    hits: int
    """How often it was answered."""
    created_by: str
    created_at: str
    updated_at: str


class ApiAuthBody(TypedDict):
    """What lets requests in. What it needs to know is stored apart, as the credentials of the API's tools."""

    kind: Literal["none", "basic", "bearer", "header", "query", "cookie", "oauth2"]
    name: NotRequired[str]
    """Of the header, the parameter or the cookie."""
    prefix: NotRequired[str]
    """What stands before the key in its header."""
    token_url: NotRequired[str]
    """Where OAuth2 gives out tokens for client credentials."""
    scopes: NotRequired[list[str]]
    client: NotRequired[Literal["basic", "body"]]
    """How OAuth2 is told who asks."""
    optional: NotRequired[bool]
    """It works without, too."""


class ApiAuth(TypedDict):
    """Api auth."""

    kind: Literal["none", "basic", "bearer", "header", "query", "cookie", "oauth2"]
    name: str
    prefix: str
    label: str
    token_url: str
    scopes: list[str]
    client: Literal["basic", "body"]
    optional: bool


class ApiOperation(TypedDict):
    """Api operation."""

    name: str
    """Of the tool."""
    place: str
    description: str
    effect: Literal["read", "write", "egress", "spend"]


class Api(TypedDict):
    """An imported API. Its operations are the tools of the toolset `id`."""

    id: str
    name: str
    label: str
    description: str
    version: str
    format: str
    url: str
    """Where the document was found; empty where it was given."""
    server: str | None
    """Where requests go."""
    servers: list[str]
    """Those that the document offers."""
    auth: list[ApiAuth]
    fixed: dict[str, Any]
    effects: dict[str, Literal["read", "write", "egress", "spend"]]
    only: list[str]
    seconds: float
    """How long a call may take, all tries together."""
    operations: list[ApiOperation]
    problems: list[str]
    """Sentences about what of the document is not used."""
    fields: list[ToolCredentialField]
    """What has to be known to be let in."""
    credentials_dropped: bool
    """Whether what was stored to be let in had to go, as it would have gone to another address."""


class App(TypedDict):
    """An app as lists show it."""

    id: str
    name: str
    description: str
    mode: str
    """workflow, advanced-chat, ..."""
    icon: str
    icon_background: str
    node_count: int
    warnings: int
    """How many warnings its document has."""
    runnable: bool
    """False for a mode that this release cannot run."""
    created_at: str
    updated_at: str
    published_version: int | None
    """The version that visitors get, null before the first."""
    revision: int
    """Rises with every change of the draft; its `ETag`."""
    tags: list[str]


class AppTags(TypedDict):
    """The tags of one app."""

    tags: list[str]


class AuditActor(TypedDict):
    """Audit actor."""

    kind: Literal["person", "key", "end_user", "system"]
    id: str


class AuditCheck(TypedDict):
    """What came of looking through the whole trail."""

    ok: bool
    checked: int
    """How many entries hold, from the first on."""
    last: Link
    problem: NotRequired[ChainProblem | None]


class AuditEntry(TypedDict):
    """Something that was done, by whom, to what, and from where."""

    number: int
    """Counts from 1 in each workspace, without a gap."""
    id: str
    at: str
    actor: AuditActor
    via: str
    """console, api, cli, dify, openai, taskingai or system."""
    address: str
    """The other end of the connection; empty where there is none."""
    action: str
    object: AuditObject
    details: dict[str, Any]
    previous: str
    """The seal of the entry before; empty for the first."""
    seal: str
    """Of this entry and of the seal before it."""


class AuditObject(TypedDict):
    """Audit object."""

    kind: str
    id: str


class Bindings(TypedDict):
    """Which models answer for references of a document, by reference."""

    bindings: dict[str, str]


class Budget(TypedDict):
    """A budget as its period stands now; one for each (`*`), as it stands for who has used most of it. Amounts are
    decimal numbers as text.
    """

    id: str
    subject: str
    subject_id: str
    measure: str
    period: str
    limit: str
    currency: str
    spent: str
    reserved: str
    """Held by calls that are under way."""
    left: str


class ChainProblem(TypedDict):
    """Chain problem."""

    number: int
    """Of the first entry that does not hold."""
    kind: Literal["missing", "changed", "unlinked", "replaced"]


class Check(TypedDict):
    """Whether a document would import, and what is worth knowing about it."""

    ok: bool
    mode: str | None
    dsl_version: str | None
    nodes: int
    problems: list[Problem]


class Child(TypedDict):
    """Child."""

    text: str
    score: float


class ChunkSettings(TypedDict):
    """How a knowledge base cuts its documents. Sizes in tokens. `general` cuts by structure, then by tokens.
    `parent_child` finds by small pieces and answers with the larger one around them (`parent`: of `parent_size`, or
    the whole document). `qa` has a chunk for each question, found by the question and answered with both.
    `one_chunk` leaves a document whole.
    """

    mode: NotRequired[Literal["general", "parent_child", "qa", "one_chunk"]]
    size: NotRequired[int]
    overlap: NotRequired[int]
    separators: NotRequired[list[str]]
    parent: NotRequired[Literal["paragraph", "full_document"]]
    parent_size: NotRequired[int]
    prefix: NotRequired[Literal["none", "title", "headings"]]
    collapse_spaces: NotRequired[bool]
    remove_urls_and_emails: NotRequired[bool]


class Chunk(TypedDict):
    """A chunk. A `parent` is found by its children."""

    id: str
    document_id: str
    number: int
    """Its place in the document, from 0."""
    kind: Literal["chunk", "parent", "child"]
    text: str
    answer: str
    tokens: int
    headings: list[str]
    page: int | None
    enabled: bool
    edited: bool
    embedded: bool
    hits: int
    """How often it was among the passages of an answer."""


class ConditionBody(TypedDict):
    """A field beside the document, compared."""

    name: str
    operator: str
    value: NotRequired[str | float | bool | list[str | float] | None]


class Conversation(TypedDict):
    """Conversation."""

    id: str
    app_id: str
    end_user: str
    name: str
    inputs: dict[str, Any]
    created_at: str
    updated_at: str


class Cost(TypedDict):
    """Money. A null amount is one that is not known, which is not the same as nothing."""

    amount: str | None
    currency: str


class Credential(TypedDict):
    """A stored credential. What it holds is never shown; `hint` is the end of its key."""

    id: str
    provider: str
    name: str
    endpoint: str | None
    """The only address that it is sent to."""
    weight: int
    enabled: bool
    hint: str
    created_at: str
    updated_at: str
    verified_at: str | None


class Departure(TypedDict):
    """The answer sets a cookie; with it, the browser goes there, and comes back."""

    url: str


class Difference(TypedDict):
    """What changes from one version to another, by meaning; where nodes stand on the canvas is left out."""

    nodes: list[NodeChange]
    edges: list[EdgeChange]
    settings: list[FieldChange]
    lines: list[str]
    """The same for people."""


class Document(TypedDict):
    """A document. `problem` says why it failed, or why it is tried again. `readers` null: everybody."""

    id: str
    knowledge_id: str
    name: str
    media_type: str
    size: int
    """Bytes."""
    source: Source
    state: Literal["waiting", "parsing", "splitting", "embedding", "indexed", "failed", "paused", "deleting"]
    problem: str
    enabled: bool
    metadata: dict[str, Any]
    readers: list[str] | None
    chunks: int
    done: int
    tokens: int
    attempts: int
    added_by: str
    created_at: str
    updated_at: str


class Draft(TypedDict):
    """A chunk as it would be cut."""

    text: str
    tokens: int
    headings: list[str]
    page: int | None
    context: str
    answer: str
    children: list[str]


class EdgeChange(TypedDict):
    """Edge change."""

    change: Literal["added", "removed"]
    source: str
    handle: str
    target: str


class Edge(TypedDict):
    """Edge."""

    id: str
    source: str
    target: str
    handle: str


class EndedSessions(TypedDict):
    """Ended sessions."""

    ended: int
    """How many."""


class Entry(TypedDict):
    """One call of one model. `elapsed` and `first_piece` in seconds."""

    id: str
    at: str
    type: str
    model: str
    """Who answered."""
    asked: str
    """What was asked for."""
    usage: Usage
    cost: Cost
    spender: Spender
    elapsed: float
    first_piece: float | None
    attempts: int
    cached: bool
    failure: str | None


class Erasure(TypedDict):
    """What was taken away of an end user."""

    id: str
    """Stands in the audit trail in the place of the person."""
    rows: dict[str, int]
    """How many of each kind; of `usage`, those that lost the name and stay counted."""


class Event(TypedDict):
    """One event of a run, as each `data:` of the stream holds it."""

    seq: int
    """From 1, without gaps."""
    type: str
    node_id: str | None
    at: float
    """Seconds since the run's start."""
    frame: list[list[str | int]]
    """Container and index of each enclosing round."""
    data: dict[str, Any]


class Feedback(TypedDict):
    """What somebody thinks of a message."""

    source: Literal["end_user", "member"]
    author: str
    """The end user's name, or the id of the member or key."""
    rating: Literal["like", "dislike"]
    content: str
    created_at: str
    updated_at: str


class FieldChange(TypedDict):
    """Field change."""

    path: str
    change: Literal["added", "removed", "changed"]
    before: NotRequired[Any]
    after: NotRequired[Any]


class Field(TypedDict):
    """A field of a provider's credentials."""

    name: str
    label: str
    help: str | None
    required: bool
    secret: bool
    default: str | None
    choices: list[str]


class File(TypedDict):
    """A file that was handed in."""

    id: str
    name: str
    type: Literal["image", "document", "audio", "video", "custom"]
    media_type: str
    size: int
    """In bytes."""
    created_at: str
    file: GivenFile
    """What to put into the inputs of a run."""


class Finding(TypedDict):
    """Something that was looked at."""

    is_good: bool | None
    """Null: it works, and could be better."""
    sentence: str


class FormField(TypedDict):
    """One field of the form that starts a run."""

    variable: str
    label: str
    type: str
    required: bool
    default: NotRequired[Any]
    options: NotRequired[list[str]]
    max_length: NotRequired[int | None]
    description: NotRequired[str]
    hide: NotRequired[bool]
    file_types: NotRequired[list[str]]
    """Of files that it takes; none: all."""
    file_extensions: NotRequired[list[str]]
    """How files of the type `custom` may end."""
    file_methods: NotRequired[list[str]]
    """`local_file`, `remote_url`; none: both."""


class Found(TypedDict):
    """The best first. `notices` say what could not be done as asked."""

    data: list[Passage]
    notices: list[str]


class GivenFile(TypedDict):
    """A file as the inputs of a run name it."""

    type: Literal["image", "document", "audio", "video", "custom"]
    transfer_method: NotRequired[Literal["local_file"]]
    upload_file_id: str


class Grant(TypedDict):
    """What a member may do with one app, beside their role in the workspace."""

    id: str
    member_id: str
    app_id: str
    role: str
    """owner, admin, editor, operator, viewer, or the id of a role."""
    created_at: str


class Graph(TypedDict):
    """The graph that a run ran."""

    nodes: list[Node]
    edges: list[Edge]


class Identity(TypedDict):
    """Somewhere else where you are known, and sign in here with."""

    id: str
    provider: str | None
    """Its id; null where it is set up no more."""
    label: str
    issuer: str
    subject: str
    """What you are called there; it never changes."""
    created_at: str


class Index(TypedDict):
    """Where vectors lie. `building` is filled beside the one that serves; `leaving` is let go."""

    id: str
    store: str
    model: str
    dimensions: int
    state: Literal["serving", "building", "leaving"]
    problem: str


class Invitation(TypedDict):
    """Somebody was invited."""

    id: str
    email: str
    role: str
    invited_by: str
    state: Literal["open", "accepted", "revoked", "expired"]
    created_at: str
    expires_at: str


class JoinRule(TypedDict):
    """Whoever nobody has invited becomes a member of this workspace, as this."""

    workspace: str
    role: str


class Key(TypedDict):
    """A key as it can be shown later."""

    id: str
    kind: Literal["app", "dataset", "workspace", "personal"]
    name: str
    subject_id: str | None
    """The app that it opens, null for a key of the workspace or of a person."""
    member_id: str | None
    """The member that a personal key acts for."""
    scopes: (
        list[
            Literal[
                "workspace.read",
                "workspace.manage",
                "workspace.delete",
                "workspace.transfer",
                "workspace.export",
                "members.read",
                "members.manage",
                "roles.manage",
                "keys.read",
                "keys.manage",
                "apps.read",
                "apps.edit",
                "apps.publish",
                "apps.run",
                "apps.delete",
                "apps.keys",
                "runs.read",
                "runs.act",
                "models.read",
                "models.use",
                "models.manage",
                "tools.read",
                "tools.call",
                "tools.manage",
                "knowledge.read",
                "knowledge.search",
                "knowledge.edit",
                "knowledge.delete",
                "knowledge.keys",
                "budgets.manage",
                "audit.read",
                "limits.manage",
                "installation.manage",
            ]
        ]
        | None
    )
    """The only permissions that it gives; null for all of its kind."""
    last_four: str
    created_at: str
    expires_at: NotRequired[str | None]
    last_used_at: NotRequired[str | None]
    """To the minute."""
    revoked_at: NotRequired[str | None]


class KnowledgeGrant(TypedDict):
    """What a member may do with one knowledge base, beside their role in the workspace."""

    id: str
    member_id: str
    knowledge_id: str
    role: str
    created_at: str


class Knowledge(TypedDict):
    """A knowledge base. `chunks` are those that are searched, `done` of them are in its index."""

    id: str
    name: str
    description: str
    aliases: list[str]
    """The ids by which apps from elsewhere know it."""
    embedding_model: str
    store: str
    chunking: ChunkSettings
    retrieval: RetrievalSettings
    documents: int
    chunks: int
    done: int
    created_at: str
    updated_at: str


class Limit(TypedDict):
    """A limit, and how much of it is used."""

    id: str
    subject: Literal["workspace", "app", "key", "end_user"]
    subject_id: str
    measure: Literal["requests", "runs", "storage"]
    most: int
    used: int | None
    """Now; null where it is not counted, or counted for each apart."""


class Link(TypedDict):
    """The end of the chain. Note it elsewhere, and have it held against the trail later."""

    number: int
    seal: str


class ApiList(TypedDict):
    """A list of `Api`."""

    data: list[Api]


class ChunkList(TypedDict):
    """A list of `Chunk`."""

    data: list[Chunk]


class DraftList(TypedDict):
    """A list of `Draft`."""

    data: list[Draft]


class FindingList(TypedDict):
    """A list of `Finding`."""

    data: list[Finding]


class GrantList(TypedDict):
    """A list of `Grant`."""

    data: list[Grant]


class IdentityList(TypedDict):
    """A list of `Identity`."""

    data: list[Identity]


class IndexList(TypedDict):
    """A list of `Index`."""

    data: list[Index]


class KnowledgeGrantList(TypedDict):
    """A list of `KnowledgeGrant`."""

    data: list[KnowledgeGrant]


class LimitList(TypedDict):
    """A list of `Limit`."""

    data: list[Limit]


class LocalModelList(TypedDict):
    """A list of `LocalModel`."""

    data: list[LocalModel]


class OwnWorkspaceList(TypedDict):
    """A list of `OwnWorkspace`."""

    data: list[OwnWorkspace]


class PersonSessionList(TypedDict):
    """A list of `PersonSession`."""

    data: list[PersonSession]


class PromotionList(TypedDict):
    """A list of `Promotion`."""

    data: list[Promotion]


class ProviderList(TypedDict):
    """A list of `Provider`."""

    data: list[Provider]


class RouteList(TypedDict):
    """A list of `Route`."""

    data: list[Route]


class SingleSignOnList(TypedDict):
    """A list of `SingleSignOn`."""

    data: list[SingleSignOn]


class StarterList(TypedDict):
    """A list of `Starter`."""

    data: list[Starter]


class TagList(TypedDict):
    """A list of `Tag`."""

    data: list[Tag]


class ToolServerList(TypedDict):
    """A list of `ToolServer`."""

    data: list[ToolServer]


class ToolsetList(TypedDict):
    """A list of `Toolset`."""

    data: list[Toolset]


class TotalList(TypedDict):
    """A list of `Total`."""

    data: list[Total]


class LocalModel(TypedDict):
    """The weights of a model of this machine. Sizes in bytes."""

    model: str
    state: Literal["absent", "fetching", "ready", "failed"]
    source: str
    """Where the weights come from, in words."""
    size: int
    fetched: int
    licence: str
    problem: str | None
    memory: Literal["empty", "loading", "loaded"]
    """Where the process that runs the model stands: loading until it can answer."""


class LoggedFeedback(TypedDict):
    """What somebody thinks of a message, and the message."""

    source: Literal["end_user", "member"]
    author: str
    """The end user's name, or the id of the member or key."""
    rating: Literal["like", "dislike"]
    content: str
    created_at: str
    updated_at: str
    message_id: str
    conversation_id: str
    query: str
    answer: str


class LoggedMessage(TypedDict):
    """A message as logs show it."""

    id: str
    conversation_id: str
    run_id: str
    parent_id: str | None
    query: str
    answer: str
    status: str
    inputs: dict[str, Any]
    usage: dict[str, Any]
    created_at: str
    app_id: str
    end_user: str
    source: str
    """The face that asked."""
    version: int | None
    """What answered; null for the draft."""
    environment: Literal["dev", "staging", "prod"] | None
    elapsed_ms: float | None
    feedback: list[Feedback]


class Member(TypedDict):
    """A person in this workspace."""

    id: str
    name: str
    email: str | None
    role: str
    """owner, admin, editor, operator, viewer, or the id of a role."""
    disabled: bool
    """Whether they may not sign in."""
    created_at: str


class Message(TypedDict):
    """One turn of a conversation. `answer` is empty until its run has ended."""

    id: str
    conversation_id: str
    run_id: str
    parent_id: str | None
    query: str
    answer: str
    status: str
    inputs: dict[str, Any]
    usage: dict[str, Any]
    created_at: str


class ModelAnswer(TypedDict):
    """Which model answers for a reference that the document makes."""

    reference: str
    name: str
    """Of the model, without its provider."""
    model: str | None
    notice: NotRequired[str | None]
    """Why it is another than the one asked for."""
    provider: NotRequired[str | None]
    """Who would answer if it were set up; null where that would not help."""
    blind: NotRequired[str | None]
    """Where the app shows it images: that it sees none."""


class Model(TypedDict):
    """A model; `problem` says what keeps it from answering."""

    id: str
    provider: str
    label: str
    type: str
    context_size: int | None
    """In tokens; null where it is not known, as everywhere here."""
    ready: bool
    problem: str | None
    abilities: NotRequired[list[str]]
    """Of tools, vision, reasoning, structured_output."""
    max_output: NotRequired[int | None]
    dimensions: NotRequired[int | None]
    price: NotRequired[dict[str, Any] | None]
    """What so many units cost, with the source and its date."""
    retires: NotRequired[str | None]
    """The day on which its vendor switches it off."""
    successor: NotRequired[str | None]


class NewInvitation(TypedDict):
    """The link is shown now and never again; whoever has it can accept. `mail` is a text to send it with."""

    id: str
    email: str
    role: str
    invited_by: str
    state: Literal["open", "accepted", "revoked", "expired"]
    created_at: str
    expires_at: str
    link: str
    mail: str


class NewKey(TypedDict):
    """A new key; `secret` is never shown again."""

    id: str
    secret: str
    last_four: str


class NodeChange(TypedDict):
    """Node change."""

    id: str
    change: Literal["added", "removed", "changed"]
    type: str
    title: str
    fields: list[FieldChange]


class Node(TypedDict):
    """A node as it is drawn."""

    id: str
    type: str
    title: str
    description: str
    x: float
    y: float
    width: float | None
    height: float | None
    parent_id: str | None
    """The container it stands in."""
    handles: list[list[str]]
    """Id and label of each way out."""
    config: dict[str, Any]
    """The node's settings as the document has them."""


class NodeState(TypedDict):
    """The last word on one node of a run."""

    status: str
    outputs: dict[str, Any] | None
    error: dict[str, str] | None
    elapsed_ms: float | None
    runs: int
    """How often it ran, retries and rounds included."""


class OpenApp(TypedDict):
    """An app opened for use."""

    id: str
    name: str
    description: str
    mode: str
    """workflow, advanced-chat, ..."""
    icon: str
    icon_background: str
    node_count: int
    warnings: int
    """How many warnings its document has."""
    runnable: bool
    """False for a mode that this release cannot run."""
    created_at: str
    updated_at: str
    published_version: int | None
    """The version that visitors get, null before the first."""
    revision: int
    """Rises with every change of the draft; its `ETag`."""
    tags: list[str]
    nodes: list[Node]
    edges: list[Edge]
    form: list[FormField]
    features: dict[str, Any]
    problems: list[Problem]
    models: list[ModelAnswer]


class OpenInvitation(TypedDict):
    """An invitation as whoever holds its link sees it."""

    workspace_name: str
    email: str
    role: str
    expires_at: str
    is_known: bool
    """There is a person of this address, who signs in to accept it."""


class OwnWorkspace(TypedDict):
    """A workspace, and what you are in it."""

    id: str
    name: str
    slug: str
    created_at: str
    role: str
    """owner, admin, editor, operator, viewer, or the id of a role."""


class AnnotationPage(TypedDict):
    """A page of `Annotation`."""

    data: list[Annotation]
    next: NotRequired[str | None]


class AppPage(TypedDict):
    """A page of `App`."""

    data: list[App]
    next: NotRequired[str | None]


class AuditEntryPage(TypedDict):
    """A page of `AuditEntry`."""

    data: list[AuditEntry]
    next: NotRequired[str | None]


class BudgetPage(TypedDict):
    """A page of `Budget`."""

    data: list[Budget]
    next: NotRequired[str | None]


class ChunkPage(TypedDict):
    """A page of `Chunk`."""

    data: list[Chunk]
    next: NotRequired[str | None]


class ConversationPage(TypedDict):
    """A page of `Conversation`."""

    data: list[Conversation]
    next: NotRequired[str | None]


class DocumentPage(TypedDict):
    """A page of `Document`."""

    data: list[Document]
    next: NotRequired[str | None]


class EntryPage(TypedDict):
    """A page of `Entry`."""

    data: list[Entry]
    next: NotRequired[str | None]


class InvitationPage(TypedDict):
    """A page of `Invitation`."""

    data: list[Invitation]
    next: NotRequired[str | None]


class KeyPage(TypedDict):
    """A page of `Key`."""

    data: list[Key]
    next: NotRequired[str | None]


class KnowledgePage(TypedDict):
    """A page of `Knowledge`."""

    data: list[Knowledge]
    next: NotRequired[str | None]


class LoggedFeedbackPage(TypedDict):
    """A page of `LoggedFeedback`."""

    data: list[LoggedFeedback]
    next: NotRequired[str | None]


class LoggedMessagePage(TypedDict):
    """A page of `LoggedMessage`."""

    data: list[LoggedMessage]
    next: NotRequired[str | None]


class MemberPage(TypedDict):
    """A page of `Member`."""

    data: list[Member]
    next: NotRequired[str | None]


class MessagePage(TypedDict):
    """A page of `Message`."""

    data: list[Message]
    next: NotRequired[str | None]


class ModelPage(TypedDict):
    """A page of `Model`."""

    data: list[Model]
    next: NotRequired[str | None]


class PluginPage(TypedDict):
    """A page of `Plugin`."""

    data: list[Plugin]
    next: NotRequired[str | None]


class PromotionPage(TypedDict):
    """A page of `Promotion`."""

    data: list[Promotion]
    next: NotRequired[str | None]


class RolePage(TypedDict):
    """A page of `Role`."""

    data: list[Role]
    next: NotRequired[str | None]


class RunPage(TypedDict):
    """A page of `Run`."""

    data: list[Run]
    next: NotRequired[str | None]


class StandingVersionPage(TypedDict):
    """A page of `StandingVersion`."""

    data: list[StandingVersion]
    next: NotRequired[str | None]


class Passage(TypedDict):
    """What was found, and where it stands."""

    chunk_id: str
    document_id: str
    document_name: str
    text: str
    answer: str
    score: float
    number: int
    tokens: int
    headings: list[str]
    page: int | None
    metadata: dict[str, Any]
    url: str
    found_by: list[str]
    """Of `vector`, `text`."""
    children: list[Child]


class PasswordLink(TypedDict):
    """A link that sets a person's password once, within an hour."""

    link: str


class PatienceBody(TypedDict):
    """Seconds. `first_token` runs until the first piece of the answer, `idle` between two pieces."""

    connect: NotRequired[float]
    first_token: NotRequired[float]
    idle: NotRequired[float]
    total: NotRequired[float]


class Patience(TypedDict):
    """Seconds."""

    connect: float
    first_token: float
    idle: float
    total: float


class PersonSession(TypedDict):
    """A browser that you are signed in with. `address` and `agent` are what it said when it signed in."""

    id: str
    how: Literal["link", "password", "sso"]
    address: str | None
    agent: str | None
    created_at: str
    expires_at: str
    current: bool
    """The one that asks."""


class Person(TypedDict):
    """Who you are, in every workspace."""

    id: str
    name: str
    email: str | None
    has_password: bool
    has_second_factor: bool
    created_at: str


class PluginPermissions(TypedDict):
    """What it may have beside its own package."""

    network: list[str]
    """Hosts that the server asks for it."""
    files: list[str]
    """Files and folders of the server that it may read."""
    environment: list[str]
    """Variables of the server's environment."""
    seconds: float
    """How long a call may take."""
    memory: int
    """Megabytes, beyond an empty process."""


class Plugin(TypedDict):
    """An installed plugin, as it stands in this workspace."""

    id: str
    version: str
    label: str
    description: str
    enabled: bool
    """Whether this workspace has it."""
    source: str
    """`folder`, `wheel`, `upload`, or what was asked for."""
    digest: str
    """SHA-256 of all that was installed."""
    installed_at: str
    permissions: PluginPermissions
    tools: list[PluginTool]


class PluginTool(TypedDict):
    """A tool that it adds."""

    name: str
    """Of the tool; it is called as `plugin.<id>/<name>`."""
    label: str
    description: str
    effect: Literal["read", "write", "egress", "spend"]


class Problem(TypedDict):
    """What is wrong with a document, and where."""

    level: Literal["error", "warning"]
    code: str
    message: str
    node_id: NotRequired[str | None]
    place: NotRequired[str | None]


class Progress(TypedDict):
    """How many documents are in each state, and how many chunks are in the index."""

    documents: dict[str, int]
    chunks: int
    done: int


class Promotion(TypedDict):
    """A version was put into an environment."""

    environment: Literal["dev", "staging", "prod"]
    number: int
    promoted_at: str
    promoted_by: str


class Provider(TypedDict):
    """A provider, and whether it can be called."""

    id: str
    label: str
    wire: str
    """The dialect that it speaks."""
    ready: bool
    problem: str | None
    endpoint: str | None
    fields: list[Field]
    links: dict[str, str]
    tried: bool
    """Whether somebody has really called it with these files."""
    models: int
    open_ended: bool
    """Whether models may be called that no file describes."""
    credentials: list[Credential]
    from_env: bool
    """Whether the environment of the server configures it."""
    removable: bool


class Question(TypedDict):
    """A node that waits for somebody's answer."""

    node_id: str
    title: str
    """The node's."""
    frame: list[list[str | int]]
    """Container and index of each enclosing round."""
    form: dict[str, Any]
    """`content`, in Markdown, and `fields`."""
    actions: list[dict[str, Any]]
    """Each with `id` and `title`."""
    expires_at: float | None
    """Seconds since the epoch; null stands for ever."""


class RecoveryCodes(TypedDict):
    """Each signs in once where the authenticator app is lost. They are shown now and never again."""

    recovery_codes: list[str]


class Retention(TypedDict):
    """Retention."""

    days: int | None
    """For how many days runs and conversations are kept; null where none says."""


class RetrievalSettings(TypedDict):
    """How passages are found. `vector` finds by meaning, `text` by words, `hybrid` by both, put together by weights
    (of scores brought to 0 to 1; `vector_weight` is that of meaning) or by reciprocal rank fusion. `threshold` is a
    least score. `rewrite_model` has the question asked in other words as well, and `filter_model` chooses documents
    by what stands beside them, where the question names it. `neighbours` counts chunks before and after a found one
    that are given with it; `most_tokens` bounds all passages of an answer together.
    """

    method: NotRequired[Literal["vector", "text", "hybrid"]]
    top_k: NotRequired[int]
    threshold: NotRequired[float | None]
    fusion: NotRequired[Literal["weights", "rrf"]]
    vector_weight: NotRequired[float]
    rerank_model: NotRequired[str | None]
    rewrite_model: NotRequired[str | None]
    filter_model: NotRequired[str | None]
    neighbours: NotRequired[int]
    most_tokens: NotRequired[int | None]


class Role(TypedDict):
    """A name for a set of permissions."""

    id: str
    name: str
    built_in: bool
    """Whether every workspace has it, so that it cannot be changed."""
    permissions: list[
        Literal[
            "workspace.read",
            "workspace.manage",
            "workspace.delete",
            "workspace.transfer",
            "workspace.export",
            "members.read",
            "members.manage",
            "roles.manage",
            "keys.read",
            "keys.manage",
            "apps.read",
            "apps.edit",
            "apps.publish",
            "apps.run",
            "apps.delete",
            "apps.keys",
            "runs.read",
            "runs.act",
            "models.read",
            "models.use",
            "models.manage",
            "tools.read",
            "tools.call",
            "tools.manage",
            "knowledge.read",
            "knowledge.search",
            "knowledge.edit",
            "knowledge.delete",
            "knowledge.keys",
            "budgets.manage",
            "audit.read",
            "limits.manage",
            "installation.manage",
        ]
    ]


class Route(TypedDict):
    """A model of the workspace's own making, called `route/<name>`."""

    name: str
    model: str
    """What to call it."""
    targets: list[Share]
    fallbacks: dict[str, list[str]]
    retries: int
    hedge_after: float | None
    cache_seconds: float | None
    patience: Patience


class RunError(TypedDict):
    """Run error."""

    code: str
    message: str
    node_id: NotRequired[str | None]


class Run(TypedDict):
    """A run. In lists `nodes` and `questions` are empty."""

    id: str
    app_id: str
    version: int | None
    """null for a run of the draft."""
    environment: Literal["dev", "staging", "prod"] | None
    """Where that version was asked for; null for the draft, and where it was asked for by its number."""
    status: Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]
    inputs: dict[str, Any]
    query: str | None
    source: str
    """The face that asked."""
    end_user: str
    created_at: str
    conversation_id: str | None
    message_id: str | None
    outputs: dict[str, Any]
    answer: str | None
    error: RunError | None
    nodes: dict[str, NodeState]
    usage: dict[str, Any]
    notices: list[str]
    """What the person should know about how the run was answered."""
    started_at: str | None
    finished_at: str | None
    elapsed_ms: float | None
    questions: NotRequired[list[Question]]
    """What it asks people now."""
    origin_id: str | None
    """The run that this one repeats."""
    origin_node_id: str | None
    """The node from which on it repeats it; null for all of it."""
    parent_id: str | None
    """The run that this one is a step of."""


class SecondFactor(TypedDict):
    """What an authenticator app is given, once."""

    secret: str
    """In Base32, for typing."""
    uri: str
    """The same, for a QR code."""


class Session(TypedDict):
    """Who you are here."""

    workspace: Workspace
    actor: Actor
    role: str
    """Yours in this workspace; `key` for a key of it."""
    permissions: list[
        Literal[
            "workspace.read",
            "workspace.manage",
            "workspace.delete",
            "workspace.transfer",
            "workspace.export",
            "members.read",
            "members.manage",
            "roles.manage",
            "keys.read",
            "keys.manage",
            "apps.read",
            "apps.edit",
            "apps.publish",
            "apps.run",
            "apps.delete",
            "apps.keys",
            "runs.read",
            "runs.act",
            "models.read",
            "models.use",
            "models.manage",
            "tools.read",
            "tools.call",
            "tools.manage",
            "knowledge.read",
            "knowledge.search",
            "knowledge.edit",
            "knowledge.delete",
            "knowledge.keys",
            "budgets.manage",
            "audit.read",
            "limits.manage",
            "installation.manage",
        ]
    ]
    """What you may do in the whole workspace."""
    granted: dict[
        str,
        list[
            Literal[
                "workspace.read",
                "workspace.manage",
                "workspace.delete",
                "workspace.transfer",
                "workspace.export",
                "members.read",
                "members.manage",
                "roles.manage",
                "keys.read",
                "keys.manage",
                "apps.read",
                "apps.edit",
                "apps.publish",
                "apps.run",
                "apps.delete",
                "apps.keys",
                "runs.read",
                "runs.act",
                "models.read",
                "models.use",
                "models.manage",
                "tools.read",
                "tools.call",
                "tools.manage",
                "knowledge.read",
                "knowledge.search",
                "knowledge.edit",
                "knowledge.delete",
                "knowledge.keys",
                "budgets.manage",
                "audit.read",
                "limits.manage",
                "installation.manage",
            ]
        ],
    ]
    """What you may do besides, by the id of an app."""
    version: str
    """Of the server."""


class ShareBody(TypedDict):
    """Share body."""

    model: str
    weight: NotRequired[int]
    """Its share beside the others."""


class Share(TypedDict):
    """Share."""

    model: str
    weight: int


class SignInProvider(TypedDict):
    """Where people sign in who are known elsewhere (OpenID Connect)."""

    id: str
    label: str
    path: str
    """Where a browser goes to begin; `?next=` is the page of this server to end at."""


class SignIn(TypedDict):
    """Sign in."""

    url: str
    """Where somebody signs in and agrees."""


class SingleSignOn(TypedDict):
    """A provider of identity as it is set up; its secret is shown nowhere."""

    id: str
    label: str
    issuer: str
    client_id: str
    scopes: list[str]
    domains: list[str]
    """Of e-mail addresses; empty: any."""
    join: JoinRule | None
    """Null: who is not invited is not let in."""
    redirect_uri: str
    """What the provider must know."""


class Source(TypedDict):
    """Source."""

    kind: Literal["file", "text", "url"]
    url: str


class Spender(TypedDict):
    """Who a call was made for."""

    app_id: str | None
    run_id: str | None
    node_id: str | None
    key_id: str | None
    end_user: str | None


class StandingVersion(TypedDict):
    """A frozen draft, and where it is used."""

    number: int
    published_at: str
    published_by: str
    """The id of who published it."""
    notes: str
    environments: list[Literal["dev", "staging", "prod"]]
    """Where it stands now."""


class Starter(TypedDict):
    """An app of the catalog."""

    id: str
    name: str
    description: str
    mode: str
    icon: str
    icon_background: str
    sample_inputs: list[dict[str, Any]]


class Tag(TypedDict):
    """Tag."""

    tag: str
    apps: int


class Tested(TypedDict):
    """A model has answered."""

    model: str
    message: str


class ToolCredentialField(TypedDict):
    """Tool credential field."""

    name: str
    label: str
    help: str
    required: bool
    secret: bool
    default: str | None
    choices: list[str]


class ToolCredential(TypedDict):
    """A stored credential. What it holds is never shown; `hint` is the end of its secret."""

    id: str
    name: str
    hint: str
    created_at: str
    updated_at: str


class ToolLink(TypedDict):
    """Tool link."""

    url: str
    title: str


class ToolOffer(TypedDict):
    """A tool that a server offers. Only an `approved` one can be called."""

    name: str
    """What it is called here."""
    server_name: str
    """What the server calls it."""
    title: str
    description: str
    input_schema: Any
    effect: Literal["read", "write", "egress", "spend"]
    standing: Literal["approved", "changed", "new"]
    claims: dict[str, Any]
    """What the server says of its effect: claims, no more."""


class ToolOutput(TypedDict):
    """All that a call has said, its files apart."""

    text: str
    json: list[Any]
    links: list[ToolLink]
    variables: dict[str, Any]


class ToolResult(TypedDict):
    """What a call left. Where it was too much to hand on, `cut` holds and `output_id` names the full copy."""

    text: str
    json: list[Any]
    files: list[Any]
    """Each with its bytes in its `url`, or the address of them."""
    links: list[ToolLink]
    variables: dict[str, Any]
    marks: list[Literal["user", "retrieved", "tool", "web"]]
    """Whose words these are."""
    cut: bool
    output_id: str | None


class ToolServer(TypedDict):
    """A server of MCP. Its approved tools are those of the toolset `id`."""

    id: str
    name: str
    label: str
    url: str
    auth: Literal["none", "bearer", "header", "oauth"]
    header: str
    seconds: float
    tools: list[ToolOffer]
    problems: list[str]
    """Sentences about what of its offers cannot be used."""
    listed_at: str
    """When it was asked for its offers."""
    fields: list[ToolCredentialField]
    """What has to be known to be let in."""
    credentials_dropped: bool
    """Whether what was stored to be let in had to go, as it would have gone to another address."""


class Tool(TypedDict):
    """A tool. `model_schema` is what of its input a model is shown."""

    name: str
    """`toolset/tool`."""
    label: str
    description: str
    effect: Literal["read", "write", "egress", "spend"]
    """What a call does to the world."""
    repeatable: bool
    """Whether a call may be made twice without harm."""
    timeout: float
    """Seconds, all tries together."""
    enabled: bool
    input_schema: Any
    model_schema: Any
    output_schema: NotRequired[Any]


class Toolset(TypedDict):
    """Tools that belong together and share their credentials."""

    id: str
    source: str
    """The kind of place that it comes from."""
    label: str
    description: str
    enabled: bool
    configured: bool
    """Whether no credentials are needed, or they are stored."""
    tools: list[Tool]
    fields: list[ToolCredentialField]
    """What has to be known to be let in."""
    credentials: list[ToolCredential]
    problems: list[str]
    """Sentences about what of it cannot be used."""
    links: dict[str, str]
    """Pages for people: `site`, `keys`, `docs`."""


class Total(TypedDict):
    """Calls added up. `unpriced` are those whose price is not known: `cost` leaves them out."""

    group: str
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: Cost
    unpriced: int


class Usage(TypedDict):
    """What a call used; null where the provider did not say."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    characters: int | None
    seconds: float | None
    images: int | None
    searches: int | None


class Version(TypedDict):
    """A frozen draft."""

    number: int
    published_at: str
    published_by: str
    """The id of who published it."""
    notes: str


class WaysIn(TypedDict):
    """How one signs in here."""

    password: bool
    providers: list[SignInProvider]
    """Empty where nobody is signed in from elsewhere."""
    link_command: str
    """Makes a link that signs the owner in, in a terminal on the server's machine."""


class WhereBody(TypedDict):
    """Which documents are asked."""

    match: NotRequired[Literal["all", "any"]]
    conditions: NotRequired[list[ConditionBody]]


class WorkspaceDetails(TypedDict):
    """A workspace; `slug` is its short name, which no other of the installation has."""

    id: str
    name: str
    slug: str
    created_at: str


class Workspace(TypedDict):
    """Workspace."""

    id: str
    name: str
    slug: str
    """Its short name."""
