"""Every operation of `/api/v1` as a method.

Made by scripts/generate_client.py from the API's document: change that, and make this again.
"""

from abc import ABC
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Literal

from loomwork.interface.python.client.asking import UNSET, Asking, Unset, Waiting, every, given, part
from loomwork.interface.python.client.shapes import (
    Accepted,
    Annotation,
    AnnotationPage,
    Api,
    ApiAuthBody,
    ApiList,
    App,
    AppPage,
    AppTags,
    AuditCheck,
    AuditEntry,
    AuditEntryPage,
    Bindings,
    Budget,
    BudgetPage,
    Check,
    Chunk,
    ChunkList,
    ChunkPage,
    ChunkSettings,
    Conversation,
    ConversationPage,
    Credential,
    Departure,
    Difference,
    Document,
    DocumentPage,
    DraftList,
    EndedSessions,
    Entry,
    EntryPage,
    Erasure,
    Event,
    File,
    FindingList,
    Found,
    Grant,
    GrantList,
    Graph,
    IdentityList,
    Index,
    IndexList,
    Invitation,
    InvitationPage,
    Key,
    KeyPage,
    Knowledge,
    KnowledgeGrant,
    KnowledgeGrantList,
    KnowledgePage,
    Limit,
    LimitList,
    LocalModel,
    LocalModelList,
    LoggedFeedback,
    LoggedFeedbackPage,
    LoggedMessage,
    LoggedMessagePage,
    Member,
    MemberPage,
    Message,
    MessagePage,
    Model,
    ModelPage,
    NewInvitation,
    NewKey,
    OpenApp,
    OpenInvitation,
    OwnWorkspaceList,
    PasswordLink,
    PatienceBody,
    Person,
    PersonSessionList,
    Plugin,
    PluginPage,
    Progress,
    Promotion,
    PromotionList,
    PromotionPage,
    Provider,
    ProviderList,
    RecoveryCodes,
    Retention,
    RetrievalSettings,
    Role,
    RolePage,
    Route,
    RouteList,
    Run,
    RunPage,
    SecondFactor,
    Session,
    ShareBody,
    SignIn,
    SingleSignOnList,
    StandingVersion,
    StandingVersionPage,
    StarterList,
    TagList,
    Tested,
    Tool,
    ToolCredential,
    ToolOutput,
    ToolResult,
    ToolServer,
    ToolServerList,
    Toolset,
    ToolsetList,
    TotalList,
    Version,
    WaysIn,
    WhereBody,
    WorkspaceDetails,
)


class AsyncOperations(Asking, ABC):
    """The operations, to be awaited."""

    async def read_session(self) -> Session:
        """Say who the caller is, in which workspace, and which version serves."""
        _told: Session = await self._ask("GET", "/session")
        return _told

    async def sign_out(self) -> None:
        """End the session of the cookie; a key is left as it is."""
        await self._ask("POST", "/session/sign-out")

    async def list_apps(
        self,
        *,
        search: str | Unset = UNSET,
        tag: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> AppPage:
        """List the apps of the workspace, newest first: those that you may see."""
        _told: AppPage = await self._ask(
            "GET", "/apps", query=given({"search": search, "tag": tag, "limit": limit, "after": after})
        )
        return _told

    async def create_app(
        self,
        *,
        document: str | Unset | None = UNSET,
        publish: bool | Unset = UNSET,
        starter: str | Unset | None = UNSET,
    ) -> App:
        """Import a document as a new app, or copy a starter into the workspace."""
        _told: App = await self._ask(
            "POST", "/apps", body=given({"document": document, "publish": publish, "starter": starter}), creates=True
        )
        return _told

    async def open_app(self, app_id: str) -> OpenApp:
        """Open an app: its graph, its form, its problems, and the models that would answer."""
        _told: OpenApp = await self._ask("GET", f"/apps/{part(app_id)}")
        return _told

    async def delete_app(self, app_id: str) -> None:
        """Delete an app with its versions, keys, conversations and runs."""
        await self._ask("DELETE", f"/apps/{part(app_id)}")

    async def replace_document(self, app_id: str, *, document: str, if_match: str | Unset | None = UNSET) -> App:
        """Put another document in the place of the draft."""
        _told: App = await self._ask(
            "PUT",
            f"/apps/{part(app_id)}/document",
            header=given({"if-match": if_match}),
            body=given({"document": document}),
        )
        return _told

    async def export_document(self, app_id: str) -> str:
        """Export the draft as YAML, equal to what was imported."""
        _told: str = await self._ask_text("GET", f"/apps/{part(app_id)}/document")
        return _told

    async def read_bindings(self, app_id: str) -> Bindings:
        """Say which models of this installation answer for references of the document."""
        _told: Bindings = await self._ask("GET", f"/apps/{part(app_id)}/bindings")
        return _told

    async def bind_model(
        self, app_id: str, *, reference: str, model: str | None, if_match: str | Unset | None = UNSET
    ) -> App:
        """Say which model of this installation answers for a reference of the document."""
        _told: App = await self._ask(
            "PUT",
            f"/apps/{part(app_id)}/bindings",
            header=given({"If-Match": if_match}),
            body=given({"reference": reference, "model": model}),
        )
        return _told

    async def check_document(self, *, document: str) -> Check:
        """Say whether a document would import and run; nothing is stored."""
        _told: Check = await self._ask("POST", "/check", body=given({"document": document}))
        return _told

    async def list_starters(self) -> StarterList:
        """List the starter apps of the catalog."""
        _told: StarterList = await self._ask("GET", "/starters")
        return _told

    async def publish_app(
        self, app_id: str, *, notes: str | Unset = UNSET, environment: Literal["dev", "staging", "prod"] | Unset = UNSET
    ) -> Version:
        """Freeze the draft as a version: that which visitors get, or one that stands in another environment first.
        The same draft twice is the same version.
        """
        _told: Version = await self._ask(
            "POST",
            f"/apps/{part(app_id)}/publish",
            body=given({"notes": notes, "environment": environment}),
            creates=True,
        )
        return _told

    async def list_versions(
        self, app_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> StandingVersionPage:
        """List the versions of an app, newest first."""
        _told: StandingVersionPage = await self._ask(
            "GET", f"/apps/{part(app_id)}/versions", query=given({"limit": limit, "after": after})
        )
        return _told

    async def read_version(self, app_id: str, number: int) -> StandingVersion:
        """Say when a version was published, by whom, what was noted about it, and where it stands."""
        _told: StandingVersion = await self._ask("GET", f"/apps/{part(app_id)}/versions/{part(number)}")
        return _told

    async def note_version(
        self, app_id: str, number: int, *, notes: str, if_match: str | Unset | None = UNSET
    ) -> StandingVersion:
        """Write other notes about a version; nothing else of it ever changes."""
        _told: StandingVersion = await self._ask(
            "PATCH",
            f"/apps/{part(app_id)}/versions/{part(number)}",
            header=given({"If-Match": if_match}),
            body=given({"notes": notes}),
        )
        return _told

    async def export_version(self, app_id: str, number: int) -> str:
        """Export a version as YAML."""
        _told: str = await self._ask_text("GET", f"/apps/{part(app_id)}/versions/{part(number)}/document")
        return _told

    async def restore_version(self, app_id: str, number: int, *, if_match: str | Unset | None = UNSET) -> App:
        """Put a version in the place of the draft."""
        _told: App = await self._ask(
            "POST", f"/apps/{part(app_id)}/versions/{part(number)}/restore", header=given({"if-match": if_match})
        )
        return _told

    async def compare_versions(
        self, app_id: str, *, old: int | Literal["draft"], new: int | Literal["draft"] | Unset = UNSET
    ) -> Difference:
        """Say what changes from one version to another: nodes and their fields, edges, settings."""
        _told: Difference = await self._ask(
            "GET", f"/apps/{part(app_id)}/difference", query=given({"old": old, "new": new})
        )
        return _told

    async def list_environments(self, app_id: str) -> PromotionList:
        """Say which version stands in which environment; those where none does are left out."""
        _told: PromotionList = await self._ask("GET", f"/apps/{part(app_id)}/environments")
        return _told

    async def list_promotions(
        self,
        app_id: str,
        *,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> PromotionPage:
        """List what was put into which environment, newest first."""
        _told: PromotionPage = await self._ask(
            "GET",
            f"/apps/{part(app_id)}/promotions",
            query=given({"environment": environment, "limit": limit, "after": after}),
        )
        return _told

    async def read_app_tags(self, app_id: str) -> AppTags:
        """List the tags of an app."""
        _told: AppTags = await self._ask("GET", f"/apps/{part(app_id)}/tags")
        return _told

    async def tag_app(self, app_id: str, *, tags: list[str], if_match: str | Unset | None = UNSET) -> App:
        """Put these tags in the place of those that the app had."""
        _told: App = await self._ask(
            "PUT", f"/apps/{part(app_id)}/tags", header=given({"If-Match": if_match}), body=given({"tags": tags})
        )
        return _told

    async def list_tags(self) -> TagList:
        """List the tags of the workspace, and how many apps have each."""
        _told: TagList = await self._ask("GET", "/tags")
        return _told

    async def promote_version(
        self, app_id: str, environment: Literal["dev", "staging", "prod"], *, number: int | Unset | None = UNSET
    ) -> Promotion:
        """Have a version stand in an environment; it has to have stood in the one before."""
        _told: Promotion = await self._ask(
            "POST",
            f"/apps/{part(app_id)}/environments/{part(environment)}",
            body=given({"number": number}),
            creates=True,
        )
        return _told

    async def duplicate_app(self, app_id: str, *, name: str | Unset | None = UNSET) -> App:
        """Make an app with the draft, the bindings and the tags of this one."""
        _told: App = await self._ask("POST", f"/apps/{part(app_id)}/copies", body=given({"name": name}), creates=True)
        return _told

    async def list_app_keys(
        self,
        app_id: str,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> KeyPage:
        """List the keys of an app, newest first, the revoked ones included."""
        _told: KeyPage = await self._ask(
            "GET",
            f"/apps/{part(app_id)}/keys",
            query=given({"state": state, "search": search, "limit": limit, "after": after}),
        )
        return _told

    async def create_app_key(
        self, app_id: str, *, name: str | Unset = UNSET, expires_at: str | Unset | None = UNSET
    ) -> NewKey:
        """Make a key that opens this app over `/v1`; its secret is shown now and never again."""
        _told: NewKey = await self._ask(
            "POST", f"/apps/{part(app_id)}/keys", body=given({"name": name, "expires_at": expires_at}), creates=True
        )
        return _told

    async def list_workspace_keys(
        self,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> KeyPage:
        """List the workspace keys, newest first, the revoked ones included."""
        _told: KeyPage = await self._ask(
            "GET", "/keys", query=given({"state": state, "search": search, "limit": limit, "after": after})
        )
        return _told

    async def create_workspace_key(
        self,
        *,
        name: str | Unset = UNSET,
        expires_at: str | Unset | None = UNSET,
        scopes: list[str] | Unset | None = UNSET,
    ) -> NewKey:
        """Make a key that opens this API, for no more than you may do; its secret is shown now and never again."""
        _told: NewKey = await self._ask(
            "POST", "/keys", body=given({"name": name, "expires_at": expires_at, "scopes": scopes}), creates=True
        )
        return _told

    async def list_own_keys(
        self,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> KeyPage:
        """List your own keys in this workspace, newest first, the revoked ones included."""
        _told: KeyPage = await self._ask(
            "GET", "/me/keys", query=given({"state": state, "search": search, "limit": limit, "after": after})
        )
        return _told

    async def create_own_key(
        self,
        *,
        name: str | Unset = UNSET,
        expires_at: str | Unset | None = UNSET,
        scopes: list[str] | Unset | None = UNSET,
    ) -> NewKey:
        """Make a key that acts as you do in this workspace, for as long as you may; its secret is shown now and
        never again.
        """
        _told: NewKey = await self._ask(
            "POST", "/me/keys", body=given({"name": name, "expires_at": expires_at, "scopes": scopes}), creates=True
        )
        return _told

    async def revoke_key(self, key_id: str) -> None:
        """Revoke a key of any kind, from the next request on: your own, or one that you may manage."""
        await self._ask("DELETE", f"/keys/{part(key_id)}")

    async def upload_file(self, app_id: str, *, name: str, content: bytes, input: str | Unset | None = UNSET) -> File:
        """Hand in a file for the form of an app. A run that you start within a day may name it, by `file`; one that
        no run takes is not kept for longer.
        """
        _told: File = await self._ask(
            "POST",
            f"/apps/{part(app_id)}/files",
            query=given({"name": name, "input": input}),
            body=content,
            creates=True,
        )
        return _told

    async def list_runs(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        status: list[Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]]
        | Unset = UNSET,
        end_user: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> RunPage:
        """List runs, newest first, of one app or of all."""
        _told: RunPage = await self._ask(
            "GET",
            "/runs",
            query=given(
                {
                    "app_id": app_id,
                    "status": status,
                    "end_user": end_user,
                    "version": version,
                    "environment": environment,
                    "source": source,
                    "since": since,
                    "until": until,
                    "text": text,
                    "limit": limit,
                    "after": after,
                }
            ),
        )
        return _told

    async def start_run(
        self,
        *,
        app_id: str,
        inputs: dict[str, Any] | Unset = UNSET,
        query: str | Unset | None = UNSET,
        conversation_id: str | Unset | None = UNSET,
        published: bool | Unset = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
    ) -> Run:
        """Start a run of an app's draft, or of one of its versions, and answer at once."""
        _told: Run = await self._ask(
            "POST",
            "/runs",
            body=given(
                {
                    "app_id": app_id,
                    "inputs": inputs,
                    "query": query,
                    "conversation_id": conversation_id,
                    "published": published,
                    "environment": environment,
                    "version": version,
                }
            ),
            creates=True,
        )
        return _told

    async def read_run(self, run_id: str) -> Run:
        """Say how a run stands, node by node, and what it asks people."""
        _told: Run = await self._ask("GET", f"/runs/{part(run_id)}")
        return _told

    async def read_run_graph(self, run_id: str) -> Graph:
        """Show the graph that the run ran, whatever the draft is now."""
        _told: Graph = await self._ask("GET", f"/runs/{part(run_id)}/graph")
        return _told

    async def stop_run(self, run_id: str) -> None:
        """Ask a run to stop; one that has ended is left as it is."""
        await self._ask("POST", f"/runs/{part(run_id)}/stop")

    async def pause_run(self, run_id: str) -> Run:
        """Ask a run to rest: nodes in flight end, nothing new starts, and no process holds it until it is resumed."""
        _told: Run = await self._ask("POST", f"/runs/{part(run_id)}/pause")
        return _told

    async def resume_run(self, run_id: str) -> Run:
        """Have a run go on that was paused; questions to people stay open."""
        _told: Run = await self._ask("POST", f"/runs/{part(run_id)}/resume")
        return _told

    def follow_run(self, run_id: str, *, after: int | Unset | None = UNSET) -> AsyncGenerator[Event, None]:
        """Follow a run's events live, from the first one or from after a seq (`?after=`, or `Last-Event-ID`)."""
        return self._follow(f"/runs/{part(run_id)}/events", query=given({"after": after}))

    async def answer_run(
        self,
        run_id: str,
        *,
        node_id: str,
        action: str,
        frame: list[list[str | int]] | Unset = UNSET,
        values: dict[str, Any] | Unset = UNSET,
    ) -> Run:
        """Answer a question of a run. Once this has answered, the answer is stored, and the run goes on with it."""
        _told: Run = await self._ask(
            "POST",
            f"/runs/{part(run_id)}/answers",
            body=given({"node_id": node_id, "frame": frame, "action": action, "values": values}),
            creates=True,
        )
        return _told

    async def replay_run(
        self,
        run_id: str,
        *,
        node_id: str | Unset | None = UNSET,
        inputs: dict[str, Any] | Unset | None = UNSET,
        outputs: dict[str, dict[str, Any]] | Unset | None = UNSET,
    ) -> Run:
        """Run a run again, as a whole or from a node on, as a new run; answers at once, with the new run."""
        _told: Run = await self._ask(
            "POST",
            f"/runs/{part(run_id)}/replay",
            body=given({"node_id": node_id, "inputs": inputs, "outputs": outputs}),
            creates=True,
        )
        return _told

    async def list_conversations(
        self, *, app_id: str, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> ConversationPage:
        """List the conversations of an app, newest first."""
        _told: ConversationPage = await self._ask(
            "GET", "/conversations", query=given({"app_id": app_id, "limit": limit, "after": after})
        )
        return _told

    async def list_messages(
        self, conversation_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> MessagePage:
        """List the messages of a conversation, oldest first."""
        _told: MessagePage = await self._ask(
            "GET", f"/conversations/{part(conversation_id)}/messages", query=given({"limit": limit, "after": after})
        )
        return _told

    async def search_messages(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        conversation_id: str | Unset | None = UNSET,
        end_user: str | Unset | None = UNSET,
        status: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        rating: Literal["like", "dislike"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> LoggedMessagePage:
        """List messages of all conversations, newest first, with what people think of them."""
        _told: LoggedMessagePage = await self._ask(
            "GET",
            "/messages",
            query=given(
                {
                    "app_id": app_id,
                    "conversation_id": conversation_id,
                    "end_user": end_user,
                    "status": status,
                    "version": version,
                    "environment": environment,
                    "source": source,
                    "since": since,
                    "until": until,
                    "text": text,
                    "rating": rating,
                    "limit": limit,
                    "after": after,
                }
            ),
        )
        return _told

    async def read_message(self, message_id: str) -> LoggedMessage:
        """Show a message, what answered it, and what people think of it."""
        _told: LoggedMessage = await self._ask("GET", f"/messages/{part(message_id)}")
        return _told

    async def rate_message(
        self, message_id: str, *, rating: Literal["like", "dislike"] | None, content: str | Unset = UNSET
    ) -> LoggedMessage:
        """Say what you think of a message, in the place of what you said before."""
        _told: LoggedMessage = await self._ask(
            "PUT", f"/messages/{part(message_id)}/feedback", body=given({"rating": rating, "content": content})
        )
        return _told

    async def list_feedback(
        self,
        app_id: str,
        *,
        rating: Literal["like", "dislike"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> LoggedFeedbackPage:
        """List what people think of the messages of an app, newest first."""
        _told: LoggedFeedbackPage = await self._ask(
            "GET", f"/apps/{part(app_id)}/feedback", query=given({"rating": rating, "limit": limit, "after": after})
        )
        return _told

    async def list_annotations(
        self, app_id: str, *, text: str | Unset = UNSET, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> AnnotationPage:
        """List the annotations of an app, newest first."""
        _told: AnnotationPage = await self._ask(
            "GET", f"/apps/{part(app_id)}/annotations", query=given({"text": text, "limit": limit, "after": after})
        )
        return _told

    async def create_annotation(self, app_id: str, *, question: str, answer: str) -> Annotation:
        """Write down what is to be answered to a question."""
        _told: Annotation = await self._ask(
            "POST",
            f"/apps/{part(app_id)}/annotations",
            body=given({"question": question, "answer": answer}),
            creates=True,
        )
        return _told

    async def read_annotation(self, app_id: str, annotation_id: str) -> Annotation:
        """Show an annotation."""
        _told: Annotation = await self._ask("GET", f"/apps/{part(app_id)}/annotations/{part(annotation_id)}")
        return _told

    async def edit_annotation(
        self, app_id: str, annotation_id: str, *, question: str, answer: str, if_match: str | Unset | None = UNSET
    ) -> Annotation:
        """Put another question and answer in the place of those of an annotation."""
        _told: Annotation = await self._ask(
            "PUT",
            f"/apps/{part(app_id)}/annotations/{part(annotation_id)}",
            header=given({"If-Match": if_match}),
            body=given({"question": question, "answer": answer}),
        )
        return _told

    async def delete_annotation(self, app_id: str, annotation_id: str) -> None:
        """Take an annotation away."""
        await self._ask("DELETE", f"/apps/{part(app_id)}/annotations/{part(annotation_id)}")

    async def read_retention(self) -> Retention:
        """Say for how long runs and conversations are kept of all apps that have no rule of their own."""
        _told: Retention = await self._ask("GET", "/retention")
        return _told

    async def set_retention(self, *, days: int | None, if_match: str | Unset | None = UNSET) -> Retention:
        """Have runs that ended longer ago taken away with their messages, within the hour."""
        _told: Retention = await self._ask(
            "PUT", "/retention", header=given({"If-Match": if_match}), body=given({"days": days})
        )
        return _told

    async def read_app_retention(self, app_id: str) -> Retention:
        """Say what an app's own rule is; without one, that of the workspace holds."""
        _told: Retention = await self._ask("GET", f"/apps/{part(app_id)}/retention")
        return _told

    async def set_app_retention(
        self, app_id: str, *, days: int | None, if_match: str | Unset | None = UNSET
    ) -> Retention:
        """Have an app's runs that ended longer ago taken away with their messages, within the hour."""
        _told: Retention = await self._ask(
            "PUT", f"/apps/{part(app_id)}/retention", header=given({"If-Match": if_match}), body=given({"days": days})
        )
        return _told

    async def list_models(
        self,
        *,
        type: Literal["chat", "embedding", "rerank", "moderation", "speech_to_text", "text_to_speech", "image"]
        | Unset
        | None = UNSET,
        provider: str | Unset | None = UNSET,
        ready: bool | Unset | None = UNSET,
        limit: int | Unset | None = UNSET,
        after: str | Unset | None = UNSET,
    ) -> ModelPage:
        """List the models of every provider by their ids, those that are not configured included."""
        _told: ModelPage = await self._ask(
            "GET",
            "/models",
            query=given({"type": type, "provider": provider, "ready": ready, "limit": limit, "after": after}),
        )
        return _told

    async def list_local_models(self) -> LocalModelList:
        """Say where the weights of each model of this machine stand, the default model first."""
        _told: LocalModelList = await self._ask("GET", "/models/local")
        return _told

    async def fetch_local_model(self, *, model: str) -> LocalModel:
        """Begin, or join, fetching the weights of a model; they are never fetched twice."""
        _told: LocalModel = await self._ask("POST", "/models/local/fetch", body=given({"model": model}))
        return _told

    async def test_model(self, model: str) -> Tested:
        """Call a model for real, as cheaply as can be; answers once it has answered."""
        _told: Tested = await self._ask("POST", f"/models/{part(model)}/test")
        return _told

    async def list_providers(self) -> ProviderList:
        """List the providers of the catalog, the configured ones first."""
        _told: ProviderList = await self._ask("GET", "/providers")
        return _told

    async def add_provider(self, *, files: dict[str, str]) -> Provider:
        """Add a provider by its files, or lay them over a shipped one; its models can be called at once."""
        _told: Provider = await self._ask("POST", "/providers", body=given({"files": files}), creates=True)
        return _told

    async def read_provider(self, provider: str) -> Provider:
        """Describe a provider: the fields of its credentials, those that are stored, and what keeps it from
        answering.
        """
        _told: Provider = await self._ask("GET", f"/providers/{part(provider)}")
        return _told

    async def remove_provider(self, provider: str) -> None:
        """Remove a provider that was added, or what was laid over a shipped one."""
        await self._ask("DELETE", f"/providers/{part(provider)}")

    async def read_credential(self, provider: str, credential_id: str) -> Credential:
        """Describe a stored credential; what it holds is never shown."""
        _told: Credential = await self._ask("GET", f"/providers/{part(provider)}/credentials/{part(credential_id)}")
        return _told

    async def change_credential(
        self,
        provider: str,
        credential_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        values: dict[str, str] | Unset | None = UNSET,
        weight: int | Unset | None = UNSET,
        enabled: bool | Unset | None = UNSET,
        verify: bool | Unset = UNSET,
    ) -> Credential:
        """Rename a credential, weigh it, switch it on or off, or replace what it holds."""
        _told: Credential = await self._ask(
            "PATCH",
            f"/providers/{part(provider)}/credentials/{part(credential_id)}",
            header=given({"If-Match": if_match}),
            body=given({"name": name, "values": values, "weight": weight, "enabled": enabled, "verify": verify}),
        )
        return _told

    async def remove_credential(self, provider: str, credential_id: str) -> None:
        """Remove a credential; calls that are under way end with the key they began with."""
        await self._ask("DELETE", f"/providers/{part(provider)}/credentials/{part(credential_id)}")

    async def list_model_routes(self) -> RouteList:
        """List the routes of the workspace: models of its own making, which others answer for."""
        _told: RouteList = await self._ask("GET", "/model-routes")
        return _told

    async def read_model_route(self, name: str) -> Route:
        """Describe a route."""
        _told: Route = await self._ask("GET", f"/model-routes/{part(name)}")
        return _told

    async def put_model_route(
        self,
        name: str,
        *,
        targets: list[ShareBody],
        if_match: str | Unset | None = UNSET,
        fallbacks: dict[str, list[str]] | Unset = UNSET,
        retries: int | Unset = UNSET,
        hedge_after: float | Unset | None = UNSET,
        cache_seconds: float | Unset | None = UNSET,
        patience: PatienceBody | Unset = UNSET,
    ) -> Route:
        """Add a route, or replace the one of this name."""
        _told: Route = await self._ask(
            "PUT",
            f"/model-routes/{part(name)}",
            header=given({"If-Match": if_match}),
            body=given(
                {
                    "targets": targets,
                    "fallbacks": fallbacks,
                    "retries": retries,
                    "hedge_after": hedge_after,
                    "cache_seconds": cache_seconds,
                    "patience": patience,
                }
            ),
        )
        return _told

    async def remove_model_route(self, name: str) -> None:
        """Remove a route; apps that use it then fail with a clear error."""
        await self._ask("DELETE", f"/model-routes/{part(name)}")

    async def add_credential(
        self,
        provider: str,
        *,
        values: dict[str, str],
        name: str | Unset = UNSET,
        weight: int | Unset = UNSET,
        verify: bool | Unset = UNSET,
    ) -> Credential:
        """Store a credential, encrypted, once a call has shown that it works. It can be replaced, and never be read."""
        _told: Credential = await self._ask(
            "POST",
            f"/providers/{part(provider)}/credentials",
            body=given({"name": name, "values": values, "weight": weight, "verify": verify}),
            creates=True,
        )
        return _told

    async def list_budgets(
        self,
        *,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset | None = UNSET,
        subject_id: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> BudgetPage:
        """List the budgets, oldest first, each as its period stands now."""
        _told: BudgetPage = await self._ask(
            "GET",
            "/budgets",
            query=given({"subject": subject, "subject_id": subject_id, "limit": limit, "after": after}),
        )
        return _told

    async def create_budget(
        self,
        *,
        limit: float | str,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset | None = UNSET,
        measure: Literal["tokens", "money", "calls"] | Unset = UNSET,
        period: Literal["hour", "day", "month", "total"] | Unset = UNSET,
        currency: str | Unset = UNSET,
    ) -> Budget:
        """Set a hard stop for the workspace, an app, a key or an end user; what was used in the period counts."""
        _told: Budget = await self._ask(
            "POST",
            "/budgets",
            body=given(
                {
                    "subject": subject,
                    "subject_id": subject_id,
                    "measure": measure,
                    "period": period,
                    "limit": limit,
                    "currency": currency,
                }
            ),
            creates=True,
        )
        return _told

    async def read_budget(self, budget_id: str) -> Budget:
        """Describe a budget, as its period stands now."""
        _told: Budget = await self._ask("GET", f"/budgets/{part(budget_id)}")
        return _told

    async def replace_budget(
        self,
        budget_id: str,
        *,
        limit: float | str,
        if_match: str | Unset | None = UNSET,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset | None = UNSET,
        measure: Literal["tokens", "money", "calls"] | Unset = UNSET,
        period: Literal["hour", "day", "month", "total"] | Unset = UNSET,
        currency: str | Unset = UNSET,
    ) -> Budget:
        """Replace a budget; what was used in the period counts."""
        _told: Budget = await self._ask(
            "PUT",
            f"/budgets/{part(budget_id)}",
            header=given({"If-Match": if_match}),
            body=given(
                {
                    "subject": subject,
                    "subject_id": subject_id,
                    "measure": measure,
                    "period": period,
                    "limit": limit,
                    "currency": currency,
                }
            ),
        )
        return _told

    async def remove_budget(self, budget_id: str) -> None:
        """Remove a budget; what it counted stays in the ledger."""
        await self._ask("DELETE", f"/budgets/{part(budget_id)}")

    async def list_usage_entries(
        self,
        *,
        run_id: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
    ) -> EntryPage:
        """List the calls of models, newest first."""
        _told: EntryPage = await self._ask(
            "GET",
            "/usage/entries",
            query=given({"run_id": run_id, "limit": limit, "after": after, "since": since, "until": until}),
        )
        return _told

    async def list_usage_totals(
        self,
        *,
        by: Literal["model", "app", "key", "run", "node", "day"] | Unset = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
    ) -> TotalList:
        """Add up what was used and what it cost."""
        _told: TotalList = await self._ask(
            "GET", "/usage/totals", query=given({"by": by, "since": since, "until": until})
        )
        return _told

    async def list_audit(
        self,
        *,
        actor_kind: Literal["person", "key", "end_user", "system"] | Unset | None = UNSET,
        actor_id: str | Unset | None = UNSET,
        action: str | Unset | None = UNSET,
        object_kind: str | Unset | None = UNSET,
        object_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> AuditEntryPage:
        """List what was done in the workspace, newest first."""
        _told: AuditEntryPage = await self._ask(
            "GET",
            "/audit",
            query=given(
                {
                    "actor_kind": actor_kind,
                    "actor_id": actor_id,
                    "action": action,
                    "object_kind": object_kind,
                    "object_id": object_id,
                    "since": since,
                    "until": until,
                    "text": text,
                    "limit": limit,
                    "after": after,
                }
            ),
        )
        return _told

    async def export_audit(
        self,
        *,
        actor_kind: Literal["person", "key", "end_user", "system"] | Unset | None = UNSET,
        actor_id: str | Unset | None = UNSET,
        action: str | Unset | None = UNSET,
        object_kind: str | Unset | None = UNSET,
        object_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
    ) -> str:
        """Take the trail out, as JSON lines."""
        _told: str = await self._ask_text(
            "GET",
            "/audit/export",
            query=given(
                {
                    "actor_kind": actor_kind,
                    "actor_id": actor_id,
                    "action": action,
                    "object_kind": object_kind,
                    "object_id": object_id,
                    "since": since,
                    "until": until,
                    "text": text,
                }
            ),
        )
        return _told

    async def check_audit(self, *, number: int | Unset | None = UNSET, seal: str | Unset | None = UNSET) -> AuditCheck:
        """Look through the whole trail: is each entry sealed, unchanged, to the one before it? With `number` and
        `seal`, it is held against what was noted before, which nobody can forge who has only the database.
        """
        _told: AuditCheck = await self._ask("GET", "/audit/check", query=given({"number": number, "seal": seal}))
        return _told

    async def list_limits(self) -> LimitList:
        """List the limits, those included that the installation sets for everyone."""
        _told: LimitList = await self._ask("GET", "/limits")
        return _told

    async def create_limit(
        self,
        *,
        measure: Literal["requests", "runs", "storage"],
        most: int,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset = UNSET,
    ) -> Limit:
        """Set a limit; of several that somebody comes under, each holds."""
        _told: Limit = await self._ask(
            "POST",
            "/limits",
            body=given({"subject": subject, "subject_id": subject_id, "measure": measure, "most": most}),
            creates=True,
        )
        return _told

    async def read_limit(self, limit_id: str) -> Limit:
        """Describe a limit, and how much of it is used now."""
        _told: Limit = await self._ask("GET", f"/limits/{part(limit_id)}")
        return _told

    async def replace_limit(
        self,
        limit_id: str,
        *,
        measure: Literal["requests", "runs", "storage"],
        most: int,
        if_match: str | Unset | None = UNSET,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset = UNSET,
    ) -> Limit:
        """Replace a limit."""
        _told: Limit = await self._ask(
            "PUT",
            f"/limits/{part(limit_id)}",
            header=given({"If-Match": if_match}),
            body=given({"subject": subject, "subject_id": subject_id, "measure": measure, "most": most}),
        )
        return _told

    async def remove_limit(self, limit_id: str) -> None:
        """Remove a limit."""
        await self._ask("DELETE", f"/limits/{part(limit_id)}")

    async def list_members(
        self,
        *,
        search: str | Unset = UNSET,
        role: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> MemberPage:
        """List the members of the workspace, oldest first."""
        _told: MemberPage = await self._ask(
            "GET", "/members", query=given({"search": search, "role": role, "limit": limit, "after": after})
        )
        return _told

    async def add_member(self, *, email: str, role: str, name: str | Unset = UNSET) -> Member:
        """Make somebody a member without asking them. Whoever does not run the installation invites people instead."""
        _told: Member = await self._ask(
            "POST", "/members", body=given({"email": email, "role": role, "name": name}), creates=True
        )
        return _told

    async def read_member(self, member_id: str) -> Member:
        """Describe a member."""
        _told: Member = await self._ask("GET", f"/members/{part(member_id)}")
        return _told

    async def remove_member(self, member_id: str) -> None:
        """Remove a member: their sessions and personal keys open nothing here from then on."""
        await self._ask("DELETE", f"/members/{part(member_id)}")

    async def change_member_role(self, member_id: str, *, role: str, if_match: str | Unset | None = UNSET) -> Member:
        """Give a member another role, which holds from their next request on."""
        _told: Member = await self._ask(
            "PUT", f"/members/{part(member_id)}/role", header=given({"If-Match": if_match}), body=given({"role": role})
        )
        return _told

    async def list_roles(
        self,
        *,
        search: str | Unset = UNSET,
        built_in: bool | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> RolePage:
        """List the roles that every workspace has, then those of this one by name."""
        _told: RolePage = await self._ask(
            "GET", "/roles", query=given({"search": search, "built_in": built_in, "limit": limit, "after": after})
        )
        return _told

    async def create_role(self, *, name: str, permissions: list[str]) -> Role:
        """Make a role of named permissions, none of which you have not."""
        _told: Role = await self._ask(
            "POST", "/roles", body=given({"name": name, "permissions": permissions}), creates=True
        )
        return _told

    async def read_role(self, role_id: str) -> Role:
        """Describe a role: what it is called, and what it holds."""
        _told: Role = await self._ask("GET", f"/roles/{part(role_id)}")
        return _told

    async def replace_role(
        self, role_id: str, *, name: str, permissions: list[str], if_match: str | Unset | None = UNSET
    ) -> Role:
        """Change what a role of this workspace holds, for all who have it."""
        _told: Role = await self._ask(
            "PUT",
            f"/roles/{part(role_id)}",
            header=given({"If-Match": if_match}),
            body=given({"name": name, "permissions": permissions}),
        )
        return _told

    async def remove_role(self, role_id: str) -> None:
        """Remove a role that nobody has any more."""
        await self._ask("DELETE", f"/roles/{part(role_id)}")

    async def list_grants(
        self, *, member_id: str | Unset | None = UNSET, app_id: str | Unset | None = UNSET
    ) -> GrantList:
        """List what members may do with single apps beside their roles, of one member, of one app, or of all."""
        _told: GrantList = await self._ask("GET", "/grants", query=given({"member_id": member_id, "app_id": app_id}))
        return _told

    async def read_grant(self, member_id: str, app_id: str) -> Grant:
        """Say what a member was granted of one app."""
        _told: Grant = await self._ask("GET", f"/members/{part(member_id)}/grants/{part(app_id)}")
        return _told

    async def put_grant(self, member_id: str, app_id: str, *, role: str, if_match: str | Unset | None = UNSET) -> Grant:
        """Let a member do with one app what a role holds of apps and runs, whatever their own role is."""
        _told: Grant = await self._ask(
            "PUT",
            f"/members/{part(member_id)}/grants/{part(app_id)}",
            header=given({"If-Match": if_match}),
            body=given({"role": role}),
        )
        return _told

    async def remove_grant(self, member_id: str, app_id: str) -> None:
        """Take back what a member was granted of an app."""
        await self._ask("DELETE", f"/members/{part(member_id)}/grants/{part(app_id)}")

    async def list_workspaces(self) -> OwnWorkspaceList:
        """List the workspaces that you are a member of, each with your role there; for a key, the one that it opens."""
        _told: OwnWorkspaceList = await self._ask("GET", "/workspaces")
        return _told

    async def create_workspace(self, *, name: str, slug: str | Unset | None = UNSET) -> WorkspaceDetails:
        """Make a workspace without anything in it, which you own."""
        _told: WorkspaceDetails = await self._ask(
            "POST", "/workspaces", body=given({"name": name, "slug": slug}), creates=True
        )
        return _told

    async def read_workspace(self) -> WorkspaceDetails:
        """Describe the workspace that is asked."""
        _told: WorkspaceDetails = await self._ask("GET", "/workspace")
        return _told

    async def change_workspace(
        self,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        slug: str | Unset | None = UNSET,
    ) -> WorkspaceDetails:
        """Give the workspace another name, or another short name."""
        _told: WorkspaceDetails = await self._ask(
            "PATCH", "/workspace", header=given({"If-Match": if_match}), body=given({"name": name, "slug": slug})
        )
        return _told

    async def delete_workspace(self, *, confirm: str) -> None:
        """Delete the workspace with all that it holds, for good."""
        await self._ask("DELETE", "/workspace", query=given({"confirm": confirm}))

    async def transfer_workspace(self, *, member_id: str) -> None:
        """Make a member an owner of the workspace; you become an admin of it."""
        await self._ask("POST", "/workspace/transfer", body=given({"member_id": member_id}))

    async def leave_workspace(self) -> None:
        """Be a member of this workspace no longer."""
        await self._ask("POST", "/workspace/leave")

    def export_workspace(self) -> AsyncGenerator[bytes, None]:
        """Take out all that the workspace holds, but for secrets."""
        return self._download("/workspace/export")

    def export_end_user(self, *, end_user: str) -> AsyncGenerator[bytes, None]:
        """Take out all that tells of one end user: runs, conversations, messages, feedback, and what was used of
        models.
        """
        return self._download("/end-users/export", query=given({"end_user": end_user}))

    async def erase_end_user(self, *, end_user: str) -> Erasure:
        """Take away all that tells of one end user, for good. What was used of models stays counted, without the
        name.
        """
        _told: Erasure = await self._ask("DELETE", "/end-users", query=given({"end_user": end_user}))
        return _told

    async def list_knowledge(
        self, *, search: str | Unset = UNSET, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> KnowledgePage:
        """List the knowledge bases, newest first."""
        _told: KnowledgePage = await self._ask(
            "GET", "/knowledge", query=given({"search": search, "limit": limit, "after": after})
        )
        return _told

    async def create_knowledge(
        self,
        *,
        name: str,
        description: str | Unset = UNSET,
        embedding_model: str | Unset | None = UNSET,
        store: str | Unset | None = UNSET,
        chunking: ChunkSettings | Unset = UNSET,
        retrieval: RetrievalSettings | Unset = UNSET,
    ) -> Knowledge:
        """Make a knowledge base. Documents are added to it afterwards."""
        _told: Knowledge = await self._ask(
            "POST",
            "/knowledge",
            body=given(
                {
                    "name": name,
                    "description": description,
                    "embedding_model": embedding_model,
                    "store": store,
                    "chunking": chunking,
                    "retrieval": retrieval,
                }
            ),
            creates=True,
        )
        return _told

    async def read_knowledge(self, knowledge_id: str) -> Knowledge:
        """Describe a knowledge base."""
        _told: Knowledge = await self._ask("GET", f"/knowledge/{part(knowledge_id)}")
        return _told

    async def change_knowledge(
        self,
        knowledge_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        aliases: list[str] | Unset | None = UNSET,
        chunking: ChunkSettings | Unset | None = UNSET,
        retrieval: RetrievalSettings | Unset | None = UNSET,
    ) -> Knowledge:
        """Change what a knowledge base is called, how it cuts documents from now on, and how it answers."""
        _told: Knowledge = await self._ask(
            "PATCH",
            f"/knowledge/{part(knowledge_id)}",
            header=given({"If-Match": if_match}),
            body=given(
                {
                    "name": name,
                    "description": description,
                    "aliases": aliases,
                    "chunking": chunking,
                    "retrieval": retrieval,
                }
            ),
        )
        return _told

    async def remove_knowledge(self, knowledge_id: str) -> None:
        """Remove a knowledge base with all of its documents."""
        await self._ask("DELETE", f"/knowledge/{part(knowledge_id)}")

    async def read_progress(self, knowledge_id: str) -> Progress:
        """Say how far indexing is."""
        _told: Progress = await self._ask("GET", f"/knowledge/{part(knowledge_id)}/progress")
        return _told

    async def list_indexes(self, knowledge_id: str) -> IndexList:
        """List where the vectors lie, and where they are being brought."""
        _told: IndexList = await self._ask("GET", f"/knowledge/{part(knowledge_id)}/indexes")
        return _told

    async def stop_move(self, knowledge_id: str) -> None:
        """Stop a move; the index that serves goes on serving."""
        await self._ask("DELETE", f"/knowledge/{part(knowledge_id)}/move")

    async def move_knowledge(
        self, knowledge_id: str, *, store: str | Unset | None = UNSET, embedding_model: str | Unset | None = UNSET
    ) -> Index:
        """Build another index beside the one that serves; it is switched to once it has everything."""
        _told: Index = await self._ask(
            "POST",
            f"/knowledge/{part(knowledge_id)}/move",
            body=given({"store": store, "embedding_model": embedding_model}),
            creates=True,
        )
        return _told

    async def list_knowledge_keys(
        self, knowledge_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> KeyPage:
        """List the keys of a knowledge base, newest first, the revoked ones included."""
        _told: KeyPage = await self._ask(
            "GET", f"/knowledge/{part(knowledge_id)}/keys", query=given({"limit": limit, "after": after})
        )
        return _told

    async def create_knowledge_key(
        self, knowledge_id: str, *, name: str | Unset = UNSET, expires_at: str | Unset | None = UNSET
    ) -> NewKey:
        """Make a key that opens this knowledge base over `/v1/datasets`; its secret is shown now and never again."""
        _told: NewKey = await self._ask(
            "POST",
            f"/knowledge/{part(knowledge_id)}/keys",
            body=given({"name": name, "expires_at": expires_at}),
            creates=True,
        )
        return _told

    async def list_knowledge_grants(self, knowledge_id: str) -> KnowledgeGrantList:
        """List what members may do with a knowledge base beside their roles."""
        _told: KnowledgeGrantList = await self._ask("GET", f"/knowledge/{part(knowledge_id)}/grants")
        return _told

    async def read_knowledge_grant(self, knowledge_id: str, member_id: str) -> KnowledgeGrant:
        """Say what a member was granted of a knowledge base."""
        _told: KnowledgeGrant = await self._ask("GET", f"/knowledge/{part(knowledge_id)}/grants/{part(member_id)}")
        return _told

    async def put_knowledge_grant(
        self, knowledge_id: str, member_id: str, *, role: str, if_match: str | Unset | None = UNSET
    ) -> KnowledgeGrant:
        """Let a member do with one knowledge base what a role holds of knowledge, whatever their own role is."""
        _told: KnowledgeGrant = await self._ask(
            "PUT",
            f"/knowledge/{part(knowledge_id)}/grants/{part(member_id)}",
            header=given({"If-Match": if_match}),
            body=given({"role": role}),
        )
        return _told

    async def remove_knowledge_grant(self, knowledge_id: str, member_id: str) -> None:
        """Take back what a member was granted of a knowledge base."""
        await self._ask("DELETE", f"/knowledge/{part(knowledge_id)}/grants/{part(member_id)}")

    async def preview_chunks(
        self, *, text: str, name: str | Unset = UNSET, chunking: ChunkSettings | Unset = UNSET
    ) -> DraftList:
        """See how a text would be cut; nothing is kept."""
        _told: DraftList = await self._ask(
            "POST", "/knowledge/preview", body=given({"name": name, "text": text, "chunking": chunking}), creates=True
        )
        return _told

    async def search_knowledge(
        self,
        knowledge_id: str,
        *,
        question: str,
        retrieval: RetrievalSettings | Unset | None = UNSET,
        where: WhereBody | Unset = UNSET,
        asker: list[str] | Unset | None = UNSET,
    ) -> Found:
        """Find the passages that answer a question."""
        _told: Found = await self._ask(
            "POST",
            f"/knowledge/{part(knowledge_id)}/search",
            body=given({"question": question, "retrieval": retrieval, "where": where, "asker": asker}),
            creates=True,
        )
        return _told

    async def list_documents(
        self,
        knowledge_id: str,
        *,
        state: Literal["waiting", "parsing", "splitting", "embedding", "indexed", "failed", "paused", "deleting"]
        | Unset
        | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> DocumentPage:
        """List the documents of a knowledge base, newest first."""
        _told: DocumentPage = await self._ask(
            "GET",
            f"/knowledge/{part(knowledge_id)}/documents",
            query=given({"state": state, "search": search, "limit": limit, "after": after}),
        )
        return _told

    async def add_document(self, knowledge_id: str, *, name: str, content: bytes) -> Document:
        """Hand in a document. It is kept at once and indexed soon after; the same one twice is one."""
        _told: Document = await self._ask(
            "POST",
            f"/knowledge/{part(knowledge_id)}/documents",
            query=given({"name": name}),
            body=content,
            creates=True,
        )
        return _told

    async def read_document(self, knowledge_id: str, document_id: str) -> Document:
        """Describe a document, and say where it stands."""
        _told: Document = await self._ask("GET", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}")
        return _told

    async def change_document(
        self,
        knowledge_id: str,
        document_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        enabled: bool | Unset | None = UNSET,
        metadata: dict[str, str | float | bool | None] | Unset | None = UNSET,
        readers: list[str] | Unset | None = UNSET,
    ) -> Document:
        """Change what a document is called, what stands beside it, who may read it, and whether it is asked."""
        _told: Document = await self._ask(
            "PATCH",
            f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}",
            header=given({"If-Match": if_match}),
            body=given({"name": name, "enabled": enabled, "metadata": metadata, "readers": readers}),
        )
        return _told

    async def remove_document(self, knowledge_id: str, document_id: str) -> None:
        """Remove a document, also while it is being indexed."""
        await self._ask("DELETE", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}")

    async def replace_knowledge_document(
        self, knowledge_id: str, document_id: str, *, name: str, content: bytes
    ) -> Document:
        """Give a document another content, which is indexed in the place of what it had."""
        _told: Document = await self._ask(
            "PUT",
            f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/content",
            query=given({"name": name}),
            body=content,
        )
        return _told

    def read_document_content(self, knowledge_id: str, document_id: str) -> AsyncGenerator[bytes, None]:
        """Read a document as it was handed in."""
        return self._download(f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/content")

    async def list_chunks(
        self, knowledge_id: str, document_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> ChunkPage:
        """List the chunks of a document as they follow one another."""
        _told: ChunkPage = await self._ask(
            "GET",
            f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/chunks",
            query=given({"limit": limit, "after": after}),
        )
        return _told

    async def add_chunk(self, knowledge_id: str, document_id: str, *, text: str, answer: str | Unset = UNSET) -> Chunk:
        """Add a chunk by hand, after the others."""
        _told: Chunk = await self._ask(
            "POST",
            f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/chunks",
            body=given({"text": text, "answer": answer}),
            creates=True,
        )
        return _told

    async def read_chunk(self, knowledge_id: str, document_id: str, chunk_id: str) -> Chunk:
        """Read a chunk."""
        _told: Chunk = await self._ask(
            "GET", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/chunks/{part(chunk_id)}"
        )
        return _told

    async def change_chunk(
        self,
        knowledge_id: str,
        document_id: str,
        chunk_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        text: str | Unset | None = UNSET,
        answer: str | Unset | None = UNSET,
        enabled: bool | Unset | None = UNSET,
    ) -> Chunk:
        """Edit a chunk; it is found by its new words soon after."""
        _told: Chunk = await self._ask(
            "PATCH",
            f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/chunks/{part(chunk_id)}",
            header=given({"If-Match": if_match}),
            body=given({"text": text, "answer": answer, "enabled": enabled}),
        )
        return _told

    async def remove_chunk(self, knowledge_id: str, document_id: str, chunk_id: str) -> None:
        """Remove a chunk."""
        await self._ask(
            "DELETE", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/chunks/{part(chunk_id)}"
        )

    async def list_children(self, knowledge_id: str, document_id: str, chunk_id: str) -> ChunkList:
        """List the pieces by which a chunk is found."""
        _told: ChunkList = await self._ask(
            "GET", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/chunks/{part(chunk_id)}/children"
        )
        return _told

    async def add_text(
        self,
        knowledge_id: str,
        *,
        name: str,
        text: str,
        metadata: dict[str, str | float | bool | None] | Unset = UNSET,
        readers: list[str] | Unset | None = UNSET,
    ) -> Document:
        """Add a text that is pasted."""
        _told: Document = await self._ask(
            "POST",
            f"/knowledge/{part(knowledge_id)}/documents/text",
            body=given({"name": name, "text": text, "metadata": metadata, "readers": readers}),
            creates=True,
        )
        return _told

    async def retry_document(self, knowledge_id: str, document_id: str) -> Document:
        """Index a document anew."""
        _told: Document = await self._ask(
            "POST", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/retry", creates=True
        )
        return _told

    async def pause_document(self, knowledge_id: str, document_id: str) -> Document:
        """Stop indexing a document for now, after the batch in flight."""
        _told: Document = await self._ask(
            "POST", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/pause", creates=True
        )
        return _told

    async def resume_document(self, knowledge_id: str, document_id: str) -> Document:
        """Go on indexing a document that was paused."""
        _told: Document = await self._ask(
            "POST", f"/knowledge/{part(knowledge_id)}/documents/{part(document_id)}/resume", creates=True
        )
        return _told

    async def list_tool_apis(self) -> ApiList:
        """List the APIs that were imported."""
        _told: ApiList = await self._ask("GET", "/tools/apis")
        return _told

    async def import_tool_api(
        self,
        *,
        document: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        server: str | Unset | None = UNSET,
        auth: list[ApiAuthBody] | Unset | None = UNSET,
        fixed: dict[str, Any] | Unset | None = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        only: list[str] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> Api:
        """Import an API, in the place of the one of its name: each operation becomes a tool."""
        _told: Api = await self._ask(
            "POST",
            "/tools/apis",
            body=given(
                {
                    "document": document,
                    "url": url,
                    "server": server,
                    "auth": auth,
                    "fixed": fixed,
                    "effects": effects,
                    "only": only,
                    "seconds": seconds,
                    "name": name,
                }
            ),
            creates=True,
        )
        return _told

    async def read_tool_api(self, api: str) -> Api:
        """Read what is said of an imported API."""
        _told: Api = await self._ask("GET", f"/tools/apis/{part(api)}")
        return _told

    async def change_tool_api(
        self,
        api: str,
        *,
        if_match: str | Unset | None = UNSET,
        document: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        server: str | Unset | None = UNSET,
        auth: list[ApiAuthBody] | Unset | None = UNSET,
        fixed: dict[str, Any] | Unset | None = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        only: list[str] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
    ) -> Api:
        """Say something else of an imported API, or give it a new document; the next call of its tools feels it."""
        _told: Api = await self._ask(
            "PATCH",
            f"/tools/apis/{part(api)}",
            header=given({"If-Match": if_match}),
            body=given(
                {
                    "document": document,
                    "url": url,
                    "server": server,
                    "auth": auth,
                    "fixed": fixed,
                    "effects": effects,
                    "only": only,
                    "seconds": seconds,
                }
            ),
        )
        return _told

    async def remove_tool_api(self, api: str) -> None:
        """Remove an imported API with its tools, and what was stored to be let in."""
        await self._ask("DELETE", f"/tools/apis/{part(api)}")

    async def preview_tool_api(
        self,
        *,
        document: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        server: str | Unset | None = UNSET,
        auth: list[ApiAuthBody] | Unset | None = UNSET,
        fixed: dict[str, Any] | Unset | None = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        only: list[str] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> Api:
        """See what importing an API would make; nothing is kept."""
        _told: Api = await self._ask(
            "POST",
            "/tools/apis/preview",
            body=given(
                {
                    "document": document,
                    "url": url,
                    "server": server,
                    "auth": auth,
                    "fixed": fixed,
                    "effects": effects,
                    "only": only,
                    "seconds": seconds,
                    "name": name,
                }
            ),
            creates=True,
        )
        return _told

    async def list_tool_servers(self) -> ToolServerList:
        """List the servers of MCP that were added, each with what it offered last."""
        _told: ToolServerList = await self._ask("GET", "/tools/servers")
        return _told

    async def add_tool_server(
        self,
        *,
        url: str | Unset | None = UNSET,
        auth: Literal["none", "bearer", "header", "oauth"] | Unset | None = UNSET,
        header: str | Unset | None = UNSET,
        values: dict[str, str] | Unset = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> ToolServer:
        """Add a server of MCP: each of its tools becomes a tool of the workspace."""
        _told: ToolServer = await self._ask(
            "POST",
            "/tools/servers",
            body=given(
                {
                    "url": url,
                    "auth": auth,
                    "header": header,
                    "values": values,
                    "effects": effects,
                    "seconds": seconds,
                    "name": name,
                }
            ),
            creates=True,
        )
        return _told

    async def read_tool_server(self, server: str) -> ToolServer:
        """Read what is said of a server of MCP, and what it offered last."""
        _told: ToolServer = await self._ask("GET", f"/tools/servers/{part(server)}")
        return _told

    async def change_tool_server(
        self,
        server: str,
        *,
        if_match: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        auth: Literal["none", "bearer", "header", "oauth"] | Unset | None = UNSET,
        header: str | Unset | None = UNSET,
        values: dict[str, str] | Unset = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
    ) -> ToolServer:
        """Say something else of a server of MCP. Of what another address offers nothing is approved."""
        _told: ToolServer = await self._ask(
            "PATCH",
            f"/tools/servers/{part(server)}",
            header=given({"If-Match": if_match}),
            body=given(
                {"url": url, "auth": auth, "header": header, "values": values, "effects": effects, "seconds": seconds}
            ),
        )
        return _told

    async def remove_tool_server(self, server: str) -> None:
        """Remove a server of MCP with its tools, and what was stored to be let in."""
        await self._ask("DELETE", f"/tools/servers/{part(server)}")

    async def preview_tool_server(
        self,
        *,
        url: str | Unset | None = UNSET,
        auth: Literal["none", "bearer", "header", "oauth"] | Unset | None = UNSET,
        header: str | Unset | None = UNSET,
        values: dict[str, str] | Unset = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> ToolServer:
        """See what a server of MCP offers; nothing is kept."""
        _told: ToolServer = await self._ask(
            "POST",
            "/tools/servers/preview",
            body=given(
                {
                    "url": url,
                    "auth": auth,
                    "header": header,
                    "values": values,
                    "effects": effects,
                    "seconds": seconds,
                    "name": name,
                }
            ),
            creates=True,
        )
        return _told

    async def refresh_tool_server(self, server: str) -> ToolServer:
        """Ask a server of MCP again what it offers; what is new or changed waits to be approved."""
        _told: ToolServer = await self._ask("POST", f"/tools/servers/{part(server)}/refresh", creates=True)
        return _told

    async def approve_tool_server(self, server: str, *, tools: list[str] | Unset | None = UNSET) -> ToolServer:
        """Approve what a server of MCP offered last; the next call feels it."""
        _told: ToolServer = await self._ask(
            "POST", f"/tools/servers/{part(server)}/approve", body=given({"tools": tools}), creates=True
        )
        return _told

    async def authorize_tool_server(self, server: str, *, redirect_url: str) -> SignIn:
        """Begin to sign in to a server of MCP that lets in by OAuth."""
        _told: SignIn = await self._ask(
            "POST", f"/tools/servers/{part(server)}/authorize", body=given({"redirect_url": redirect_url}), creates=True
        )
        return _told

    async def finish_authorizing_tool_server(self, server: str, *, answer: dict[str, str]) -> ToolServer:
        """Finish signing in; what the server offers then waits to be approved."""
        _told: ToolServer = await self._ask(
            "POST", f"/tools/servers/{part(server)}/authorize/finish", body=given({"answer": answer}), creates=True
        )
        return _told

    async def list_tools(self) -> ToolsetList:
        """List the tools of the workspace, those that belong together as one."""
        _told: ToolsetList = await self._ask("GET", "/tools")
        return _told

    async def read_toolset(self, toolset: str) -> Toolset:
        """Describe tools that belong together: what they take, what lets them in, and what is switched off."""
        _told: Toolset = await self._ask("GET", f"/tools/{part(toolset)}")
        return _told

    async def switch_toolset(self, toolset: str, *, enabled: bool, if_match: str | Unset | None = UNSET) -> Toolset:
        """Enable or disable tools that belong together; the next call feels it."""
        _told: Toolset = await self._ask(
            "PATCH", f"/tools/{part(toolset)}", header=given({"If-Match": if_match}), body=given({"enabled": enabled})
        )
        return _told

    async def read_tool(self, toolset: str, tool: str) -> Tool:
        """Describe one tool: what it takes, and whether it is switched on."""
        _told: Tool = await self._ask("GET", f"/tools/{part(toolset)}/{part(tool)}")
        return _told

    async def switch_tool(
        self, toolset: str, tool: str, *, enabled: bool, if_match: str | Unset | None = UNSET
    ) -> Tool:
        """Enable or disable one tool."""
        _told: Tool = await self._ask(
            "PATCH",
            f"/tools/{part(toolset)}/{part(tool)}",
            header=given({"If-Match": if_match}),
            body=given({"enabled": enabled}),
        )
        return _told

    async def remove_tool_credential(self, toolset: str, tool_credential_id: str) -> None:
        """Remove a credential; calls that are under way end with the one they began with."""
        await self._ask("DELETE", f"/tools/{part(toolset)}/credentials/{part(tool_credential_id)}")

    async def read_tool_output(self, output_id: str) -> ToolOutput:
        """Read in full what a tool has said, where it was too much to hand on."""
        _told: ToolOutput = await self._ask("GET", f"/tool-outputs/{part(output_id)}")
        return _told

    async def call_tool(
        self,
        toolset: str,
        tool: str,
        *,
        arguments: dict[str, Any] | Unset = UNSET,
        credential: str | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
    ) -> ToolResult:
        """Call a tool, as an app would."""
        _told: ToolResult = await self._ask(
            "POST",
            f"/tools/{part(toolset)}/{part(tool)}/call",
            body=given({"arguments": arguments, "credential": credential, "seconds": seconds}),
            creates=True,
        )
        return _told

    async def save_tool_credential(
        self, toolset: str, *, values: dict[str, str], name: str | Unset = UNSET
    ) -> ToolCredential:
        """Store a credential, encrypted. It can be replaced, and never be read."""
        _told: ToolCredential = await self._ask(
            "POST", f"/tools/{part(toolset)}/credentials", body=given({"name": name, "values": values}), creates=True
        )
        return _told

    async def list_plugins(self, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET) -> PluginPage:
        """List the installed plugins, and which of them this workspace has."""
        _told: PluginPage = await self._ask("GET", "/plugins", query=given({"limit": limit, "after": after}))
        return _told

    async def install_plugin(self, *, content: bytes) -> Plugin:
        """Install a plugin, in the place of the one of its id. It is run in a jail, and enabled by each workspace."""
        _told: Plugin = await self._ask("POST", "/plugins", body=content, creates=True)
        return _told

    async def read_plugin(self, plugin: str) -> Plugin:
        """Read what a plugin adds, and what it may have."""
        _told: Plugin = await self._ask("GET", f"/plugins/{part(plugin)}")
        return _told

    async def switch_plugin(self, plugin: str, *, enabled: bool, if_match: str | Unset | None = UNSET) -> Plugin:
        """Enable or disable a plugin in this workspace; the next call of its tools feels it."""
        _told: Plugin = await self._ask(
            "PATCH", f"/plugins/{part(plugin)}", header=given({"If-Match": if_match}), body=given({"enabled": enabled})
        )
        return _told

    async def remove_plugin(self, plugin: str) -> None:
        """Remove a plugin from the installation; calls of its tools that are under way end with an error."""
        await self._ask("DELETE", f"/plugins/{part(plugin)}")

    async def install_plugin_requirement(self, *, requirement: str) -> Plugin:
        """Install a plugin from the index of packages that the server uses, by its version and its hashes."""
        _told: Plugin = await self._ask(
            "POST", "/plugins/requirements", body=given({"requirement": requirement}), creates=True
        )
        return _told

    async def read_ways_in(self) -> WaysIn:
        """Say how one signs in here."""
        _told: WaysIn = await self._ask("GET", "/sign-in")
        return _told

    async def sign_in_with_password(self, *, email: str, password: str, code: str | Unset | None = UNSET) -> None:
        """Begin a session with an e-mail address and a password; the answer sets its cookie."""
        await self._ask("POST", "/sign-in", body=given({"email": email, "password": password, "code": code}))

    async def reset_password(self, *, token: str, password: str) -> None:
        """Set a new password with a link that was made for it. Every session of the person ends."""
        await self._ask("POST", "/password/reset", body=given({"token": token, "password": password}))

    async def read_invitation(self, *, token: str) -> OpenInvitation:
        """Say where an invitation leads. It is not spent."""
        _told: OpenInvitation = await self._ask("POST", "/invitations/read", body=given({"token": token}))
        return _told

    async def accept_invitation(
        self, *, token: str, name: str | Unset | None = UNSET, password: str | Unset | None = UNSET
    ) -> Accepted:
        """Become a member: as who is signed in, else as a new person, whom the answer signs in."""
        _told: Accepted = await self._ask(
            "POST", "/invitations/accept", body=given({"token": token, "name": name, "password": password})
        )
        return _told

    async def list_sign_in_providers(self) -> SingleSignOnList:
        """List the providers of identity as they are set up, without their secrets."""
        _told: SingleSignOnList = await self._ask("GET", "/single-sign-on")
        return _told

    async def test_sign_in_provider(self, provider: str) -> FindingList:
        """Read what a provider says of itself, and say what is wrong with it. Nobody is signed in."""
        _told: FindingList = await self._ask("POST", f"/single-sign-on/{part(provider)}/test")
        return _told

    async def read_me(self) -> Person:
        """Say who is signed in."""
        _told: Person = await self._ask("GET", "/people/me")
        return _told

    async def change_me(
        self,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        email: str | Unset | None = UNSET,
        password: str | Unset | None = UNSET,
    ) -> Person:
        """Change your name or your address."""
        _told: Person = await self._ask(
            "PATCH",
            "/people/me",
            header=given({"If-Match": if_match}),
            body=given({"name": name, "email": email, "password": password}),
        )
        return _told

    async def change_password(self, *, password: str, present: str | Unset | None = UNSET) -> None:
        """Set your password. Every other session of yours ends."""
        await self._ask("PUT", "/people/me/password", body=given({"password": password, "present": present}))

    async def list_sessions(self) -> PersonSessionList:
        """List the browsers that you are signed in with, newest first."""
        _told: PersonSessionList = await self._ask("GET", "/people/me/sessions")
        return _told

    async def end_other_sessions(self) -> EndedSessions:
        """Sign out everywhere but here."""
        _told: EndedSessions = await self._ask("DELETE", "/people/me/sessions")
        return _told

    async def end_session(self, session_id: str) -> None:
        """Sign out one browser."""
        await self._ask("DELETE", f"/people/me/sessions/{part(session_id)}")

    async def begin_second_factor(self, *, password: str | Unset | None = UNSET) -> SecondFactor:
        """Get a secret for an authenticator app. Codes are asked for once you have shown a first one."""
        _told: SecondFactor = await self._ask("POST", "/people/me/second-factor", body=given({"password": password}))
        return _told

    async def turn_on_second_factor(self, *, code: str) -> RecoveryCodes:
        """Show a first code: from now on, signing in with a password asks for one."""
        _told: RecoveryCodes = await self._ask("POST", "/people/me/second-factor/confirm", body=given({"code": code}))
        return _told

    async def remove_second_factor(self, *, code: str) -> None:
        """Show a last code: from now on, none is asked for."""
        await self._ask("POST", "/people/me/second-factor/remove", body=given({"code": code}))

    async def list_identities(self) -> IdentityList:
        """List where else you are known and sign in here with, the first linked first."""
        _told: IdentityList = await self._ask("GET", "/people/me/identities")
        return _told

    async def link_identity(
        self, *, provider: str, password: str | Unset | None = UNSET, next: str | Unset | None = UNSET
    ) -> Departure:
        """Begin to link an identity: the browser goes to the address, and comes back with it."""
        _told: Departure = await self._ask(
            "POST", "/people/me/identities", body=given({"provider": provider, "password": password, "next": next})
        )
        return _told

    async def unlink_identity(self, identity_id: str) -> None:
        """Sign in with this identity no more. Other sessions that were begun by single sign-on end."""
        await self._ask("DELETE", f"/people/me/identities/{part(identity_id)}")

    async def list_invitations(
        self,
        *,
        state: Literal["open", "accepted", "revoked", "expired"] | Unset | None = UNSET,
        email: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> InvitationPage:
        """List who was invited, newest first, with what came of it."""
        _told: InvitationPage = await self._ask(
            "GET", "/invitations", query=given({"state": state, "email": email, "limit": limit, "after": after})
        )
        return _told

    async def invite(self, *, email: str, role: str) -> NewInvitation:
        """Invite somebody to a role that may no more than you. The link is shown now and never again; send it to
        them.
        """
        _told: NewInvitation = await self._ask(
            "POST", "/invitations", body=given({"email": email, "role": role}), creates=True
        )
        return _told

    async def revoke_invitation(self, invitation_id: str) -> None:
        """Take an invitation back."""
        await self._ask("DELETE", f"/invitations/{part(invitation_id)}")

    async def make_password_link(self, member_id: str) -> PasswordLink:
        """Make a link for a member who forgot their password. A person's password opens all of their workspaces, so
        only those may do this who run the installation.
        """
        _told: PasswordLink = await self._ask("POST", f"/members/{part(member_id)}/password-link")
        return _told

    def all_apps(self, *, search: str | Unset = UNSET, tag: str | Unset = UNSET) -> AsyncGenerator[App, None]:
        """All that `list_apps` lists, page after page."""
        return every(lambda after: self.list_apps(search=search, tag=tag, limit=100, after=after))

    def all_versions(self, app_id: str) -> AsyncGenerator[StandingVersion, None]:
        """All that `list_versions` lists, page after page."""
        return every(lambda after: self.list_versions(app_id, limit=100, after=after))

    def all_promotions(
        self, app_id: str, *, environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET
    ) -> AsyncGenerator[Promotion, None]:
        """All that `list_promotions` lists, page after page."""
        return every(lambda after: self.list_promotions(app_id, environment=environment, limit=100, after=after))

    def all_app_keys(
        self,
        app_id: str,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
    ) -> AsyncGenerator[Key, None]:
        """All that `list_app_keys` lists, page after page."""
        return every(lambda after: self.list_app_keys(app_id, state=state, search=search, limit=100, after=after))

    def all_workspace_keys(
        self, *, state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET, search: str | Unset = UNSET
    ) -> AsyncGenerator[Key, None]:
        """All that `list_workspace_keys` lists, page after page."""
        return every(lambda after: self.list_workspace_keys(state=state, search=search, limit=100, after=after))

    def all_own_keys(
        self, *, state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET, search: str | Unset = UNSET
    ) -> AsyncGenerator[Key, None]:
        """All that `list_own_keys` lists, page after page."""
        return every(lambda after: self.list_own_keys(state=state, search=search, limit=100, after=after))

    def all_runs(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        status: list[Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]]
        | Unset = UNSET,
        end_user: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
    ) -> AsyncGenerator[Run, None]:
        """All that `list_runs` lists, page after page."""
        return every(
            lambda after: self.list_runs(
                app_id=app_id,
                status=status,
                end_user=end_user,
                version=version,
                environment=environment,
                source=source,
                since=since,
                until=until,
                text=text,
                limit=100,
                after=after,
            )
        )

    def all_conversations(self, *, app_id: str) -> AsyncGenerator[Conversation, None]:
        """All that `list_conversations` lists, page after page."""
        return every(lambda after: self.list_conversations(app_id=app_id, limit=100, after=after))

    def all_messages(self, conversation_id: str) -> AsyncGenerator[Message, None]:
        """All that `list_messages` lists, page after page."""
        return every(lambda after: self.list_messages(conversation_id, limit=100, after=after))

    def all_search_messages(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        conversation_id: str | Unset | None = UNSET,
        end_user: str | Unset | None = UNSET,
        status: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        rating: Literal["like", "dislike"] | Unset | None = UNSET,
    ) -> AsyncGenerator[LoggedMessage, None]:
        """All that `search_messages` lists, page after page."""
        return every(
            lambda after: self.search_messages(
                app_id=app_id,
                conversation_id=conversation_id,
                end_user=end_user,
                status=status,
                version=version,
                environment=environment,
                source=source,
                since=since,
                until=until,
                text=text,
                rating=rating,
                limit=100,
                after=after,
            )
        )

    def all_feedback(
        self, app_id: str, *, rating: Literal["like", "dislike"] | Unset | None = UNSET
    ) -> AsyncGenerator[LoggedFeedback, None]:
        """All that `list_feedback` lists, page after page."""
        return every(lambda after: self.list_feedback(app_id, rating=rating, limit=100, after=after))

    def all_annotations(self, app_id: str, *, text: str | Unset = UNSET) -> AsyncGenerator[Annotation, None]:
        """All that `list_annotations` lists, page after page."""
        return every(lambda after: self.list_annotations(app_id, text=text, limit=100, after=after))

    def all_models(
        self,
        *,
        type: Literal["chat", "embedding", "rerank", "moderation", "speech_to_text", "text_to_speech", "image"]
        | Unset
        | None = UNSET,
        provider: str | Unset | None = UNSET,
        ready: bool | Unset | None = UNSET,
    ) -> AsyncGenerator[Model, None]:
        """All that `list_models` lists, page after page."""
        return every(lambda after: self.list_models(type=type, provider=provider, ready=ready, limit=1000, after=after))

    def all_budgets(
        self,
        *,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset | None = UNSET,
        subject_id: str | Unset | None = UNSET,
    ) -> AsyncGenerator[Budget, None]:
        """All that `list_budgets` lists, page after page."""
        return every(lambda after: self.list_budgets(subject=subject, subject_id=subject_id, limit=100, after=after))

    def all_usage_entries(
        self,
        *,
        run_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
    ) -> AsyncGenerator[Entry, None]:
        """All that `list_usage_entries` lists, page after page."""
        return every(
            lambda after: self.list_usage_entries(run_id=run_id, since=since, until=until, limit=1000, after=after)
        )

    def all_audit(
        self,
        *,
        actor_kind: Literal["person", "key", "end_user", "system"] | Unset | None = UNSET,
        actor_id: str | Unset | None = UNSET,
        action: str | Unset | None = UNSET,
        object_kind: str | Unset | None = UNSET,
        object_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
    ) -> AsyncGenerator[AuditEntry, None]:
        """All that `list_audit` lists, page after page."""
        return every(
            lambda after: self.list_audit(
                actor_kind=actor_kind,
                actor_id=actor_id,
                action=action,
                object_kind=object_kind,
                object_id=object_id,
                since=since,
                until=until,
                text=text,
                limit=100,
                after=after,
            )
        )

    def all_members(
        self, *, search: str | Unset = UNSET, role: str | Unset | None = UNSET
    ) -> AsyncGenerator[Member, None]:
        """All that `list_members` lists, page after page."""
        return every(lambda after: self.list_members(search=search, role=role, limit=100, after=after))

    def all_roles(
        self, *, search: str | Unset = UNSET, built_in: bool | Unset | None = UNSET
    ) -> AsyncGenerator[Role, None]:
        """All that `list_roles` lists, page after page."""
        return every(lambda after: self.list_roles(search=search, built_in=built_in, limit=100, after=after))

    def all_knowledge(self, *, search: str | Unset = UNSET) -> AsyncGenerator[Knowledge, None]:
        """All that `list_knowledge` lists, page after page."""
        return every(lambda after: self.list_knowledge(search=search, limit=100, after=after))

    def all_knowledge_keys(self, knowledge_id: str) -> AsyncGenerator[Key, None]:
        """All that `list_knowledge_keys` lists, page after page."""
        return every(lambda after: self.list_knowledge_keys(knowledge_id, limit=100, after=after))

    def all_documents(
        self,
        knowledge_id: str,
        *,
        state: Literal["waiting", "parsing", "splitting", "embedding", "indexed", "failed", "paused", "deleting"]
        | Unset
        | None = UNSET,
        search: str | Unset = UNSET,
    ) -> AsyncGenerator[Document, None]:
        """All that `list_documents` lists, page after page."""
        return every(
            lambda after: self.list_documents(knowledge_id, state=state, search=search, limit=100, after=after)
        )

    def all_chunks(self, knowledge_id: str, document_id: str) -> AsyncGenerator[Chunk, None]:
        """All that `list_chunks` lists, page after page."""
        return every(lambda after: self.list_chunks(knowledge_id, document_id, limit=100, after=after))

    def all_plugins(self) -> AsyncGenerator[Plugin, None]:
        """All that `list_plugins` lists, page after page."""
        return every(lambda after: self.list_plugins(limit=100, after=after))

    def all_invitations(
        self,
        *,
        state: Literal["open", "accepted", "revoked", "expired"] | Unset | None = UNSET,
        email: str | Unset = UNSET,
    ) -> AsyncGenerator[Invitation, None]:
        """All that `list_invitations` lists, page after page."""
        return every(lambda after: self.list_invitations(state=state, email=email, limit=100, after=after))


class Operations(Waiting[AsyncOperations], ABC):
    """The same operations without `await`."""

    def read_session(self) -> Session:
        """Say who the caller is, in which workspace, and which version serves."""
        return self._wait(self._asking.read_session())

    def sign_out(self) -> None:
        """End the session of the cookie; a key is left as it is."""
        return self._wait(self._asking.sign_out())

    def list_apps(
        self,
        *,
        search: str | Unset = UNSET,
        tag: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> AppPage:
        """List the apps of the workspace, newest first: those that you may see."""
        return self._wait(self._asking.list_apps(search=search, tag=tag, limit=limit, after=after))

    def create_app(
        self,
        *,
        document: str | Unset | None = UNSET,
        publish: bool | Unset = UNSET,
        starter: str | Unset | None = UNSET,
    ) -> App:
        """Import a document as a new app, or copy a starter into the workspace."""
        return self._wait(self._asking.create_app(document=document, publish=publish, starter=starter))

    def open_app(self, app_id: str) -> OpenApp:
        """Open an app: its graph, its form, its problems, and the models that would answer."""
        return self._wait(self._asking.open_app(app_id))

    def delete_app(self, app_id: str) -> None:
        """Delete an app with its versions, keys, conversations and runs."""
        return self._wait(self._asking.delete_app(app_id))

    def replace_document(self, app_id: str, *, document: str, if_match: str | Unset | None = UNSET) -> App:
        """Put another document in the place of the draft."""
        return self._wait(self._asking.replace_document(app_id, if_match=if_match, document=document))

    def export_document(self, app_id: str) -> str:
        """Export the draft as YAML, equal to what was imported."""
        return self._wait(self._asking.export_document(app_id))

    def read_bindings(self, app_id: str) -> Bindings:
        """Say which models of this installation answer for references of the document."""
        return self._wait(self._asking.read_bindings(app_id))

    def bind_model(
        self, app_id: str, *, reference: str, model: str | None, if_match: str | Unset | None = UNSET
    ) -> App:
        """Say which model of this installation answers for a reference of the document."""
        return self._wait(self._asking.bind_model(app_id, if_match=if_match, reference=reference, model=model))

    def check_document(self, *, document: str) -> Check:
        """Say whether a document would import and run; nothing is stored."""
        return self._wait(self._asking.check_document(document=document))

    def list_starters(self) -> StarterList:
        """List the starter apps of the catalog."""
        return self._wait(self._asking.list_starters())

    def publish_app(
        self, app_id: str, *, notes: str | Unset = UNSET, environment: Literal["dev", "staging", "prod"] | Unset = UNSET
    ) -> Version:
        """Freeze the draft as a version: that which visitors get, or one that stands in another environment first.
        The same draft twice is the same version.
        """
        return self._wait(self._asking.publish_app(app_id, notes=notes, environment=environment))

    def list_versions(
        self, app_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> StandingVersionPage:
        """List the versions of an app, newest first."""
        return self._wait(self._asking.list_versions(app_id, limit=limit, after=after))

    def read_version(self, app_id: str, number: int) -> StandingVersion:
        """Say when a version was published, by whom, what was noted about it, and where it stands."""
        return self._wait(self._asking.read_version(app_id, number))

    def note_version(
        self, app_id: str, number: int, *, notes: str, if_match: str | Unset | None = UNSET
    ) -> StandingVersion:
        """Write other notes about a version; nothing else of it ever changes."""
        return self._wait(self._asking.note_version(app_id, number, if_match=if_match, notes=notes))

    def export_version(self, app_id: str, number: int) -> str:
        """Export a version as YAML."""
        return self._wait(self._asking.export_version(app_id, number))

    def restore_version(self, app_id: str, number: int, *, if_match: str | Unset | None = UNSET) -> App:
        """Put a version in the place of the draft."""
        return self._wait(self._asking.restore_version(app_id, number, if_match=if_match))

    def compare_versions(
        self, app_id: str, *, old: int | Literal["draft"], new: int | Literal["draft"] | Unset = UNSET
    ) -> Difference:
        """Say what changes from one version to another: nodes and their fields, edges, settings."""
        return self._wait(self._asking.compare_versions(app_id, old=old, new=new))

    def list_environments(self, app_id: str) -> PromotionList:
        """Say which version stands in which environment; those where none does are left out."""
        return self._wait(self._asking.list_environments(app_id))

    def list_promotions(
        self,
        app_id: str,
        *,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> PromotionPage:
        """List what was put into which environment, newest first."""
        return self._wait(self._asking.list_promotions(app_id, environment=environment, limit=limit, after=after))

    def read_app_tags(self, app_id: str) -> AppTags:
        """List the tags of an app."""
        return self._wait(self._asking.read_app_tags(app_id))

    def tag_app(self, app_id: str, *, tags: list[str], if_match: str | Unset | None = UNSET) -> App:
        """Put these tags in the place of those that the app had."""
        return self._wait(self._asking.tag_app(app_id, if_match=if_match, tags=tags))

    def list_tags(self) -> TagList:
        """List the tags of the workspace, and how many apps have each."""
        return self._wait(self._asking.list_tags())

    def promote_version(
        self, app_id: str, environment: Literal["dev", "staging", "prod"], *, number: int | Unset | None = UNSET
    ) -> Promotion:
        """Have a version stand in an environment; it has to have stood in the one before."""
        return self._wait(self._asking.promote_version(app_id, environment, number=number))

    def duplicate_app(self, app_id: str, *, name: str | Unset | None = UNSET) -> App:
        """Make an app with the draft, the bindings and the tags of this one."""
        return self._wait(self._asking.duplicate_app(app_id, name=name))

    def list_app_keys(
        self,
        app_id: str,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> KeyPage:
        """List the keys of an app, newest first, the revoked ones included."""
        return self._wait(self._asking.list_app_keys(app_id, state=state, search=search, limit=limit, after=after))

    def create_app_key(
        self, app_id: str, *, name: str | Unset = UNSET, expires_at: str | Unset | None = UNSET
    ) -> NewKey:
        """Make a key that opens this app over `/v1`; its secret is shown now and never again."""
        return self._wait(self._asking.create_app_key(app_id, name=name, expires_at=expires_at))

    def list_workspace_keys(
        self,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> KeyPage:
        """List the workspace keys, newest first, the revoked ones included."""
        return self._wait(self._asking.list_workspace_keys(state=state, search=search, limit=limit, after=after))

    def create_workspace_key(
        self,
        *,
        name: str | Unset = UNSET,
        expires_at: str | Unset | None = UNSET,
        scopes: list[str] | Unset | None = UNSET,
    ) -> NewKey:
        """Make a key that opens this API, for no more than you may do; its secret is shown now and never again."""
        return self._wait(self._asking.create_workspace_key(name=name, expires_at=expires_at, scopes=scopes))

    def list_own_keys(
        self,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> KeyPage:
        """List your own keys in this workspace, newest first, the revoked ones included."""
        return self._wait(self._asking.list_own_keys(state=state, search=search, limit=limit, after=after))

    def create_own_key(
        self,
        *,
        name: str | Unset = UNSET,
        expires_at: str | Unset | None = UNSET,
        scopes: list[str] | Unset | None = UNSET,
    ) -> NewKey:
        """Make a key that acts as you do in this workspace, for as long as you may; its secret is shown now and
        never again.
        """
        return self._wait(self._asking.create_own_key(name=name, expires_at=expires_at, scopes=scopes))

    def revoke_key(self, key_id: str) -> None:
        """Revoke a key of any kind, from the next request on: your own, or one that you may manage."""
        return self._wait(self._asking.revoke_key(key_id))

    def upload_file(self, app_id: str, *, name: str, content: bytes, input: str | Unset | None = UNSET) -> File:
        """Hand in a file for the form of an app. A run that you start within a day may name it, by `file`; one that
        no run takes is not kept for longer.
        """
        return self._wait(self._asking.upload_file(app_id, name=name, input=input, content=content))

    def list_runs(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        status: list[Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]]
        | Unset = UNSET,
        end_user: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> RunPage:
        """List runs, newest first, of one app or of all."""
        return self._wait(
            self._asking.list_runs(
                app_id=app_id,
                status=status,
                end_user=end_user,
                version=version,
                environment=environment,
                source=source,
                since=since,
                until=until,
                text=text,
                limit=limit,
                after=after,
            )
        )

    def start_run(
        self,
        *,
        app_id: str,
        inputs: dict[str, Any] | Unset = UNSET,
        query: str | Unset | None = UNSET,
        conversation_id: str | Unset | None = UNSET,
        published: bool | Unset = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
    ) -> Run:
        """Start a run of an app's draft, or of one of its versions, and answer at once."""
        return self._wait(
            self._asking.start_run(
                app_id=app_id,
                inputs=inputs,
                query=query,
                conversation_id=conversation_id,
                published=published,
                environment=environment,
                version=version,
            )
        )

    def read_run(self, run_id: str) -> Run:
        """Say how a run stands, node by node, and what it asks people."""
        return self._wait(self._asking.read_run(run_id))

    def read_run_graph(self, run_id: str) -> Graph:
        """Show the graph that the run ran, whatever the draft is now."""
        return self._wait(self._asking.read_run_graph(run_id))

    def stop_run(self, run_id: str) -> None:
        """Ask a run to stop; one that has ended is left as it is."""
        return self._wait(self._asking.stop_run(run_id))

    def pause_run(self, run_id: str) -> Run:
        """Ask a run to rest: nodes in flight end, nothing new starts, and no process holds it until it is resumed."""
        return self._wait(self._asking.pause_run(run_id))

    def resume_run(self, run_id: str) -> Run:
        """Have a run go on that was paused; questions to people stay open."""
        return self._wait(self._asking.resume_run(run_id))

    def follow_run(self, run_id: str, *, after: int | Unset | None = UNSET) -> Iterator[Event]:
        """Follow a run's events live, from the first one or from after a seq (`?after=`, or `Last-Event-ID`)."""
        return self._each(self._asking.follow_run(run_id, after=after))

    def answer_run(
        self,
        run_id: str,
        *,
        node_id: str,
        action: str,
        frame: list[list[str | int]] | Unset = UNSET,
        values: dict[str, Any] | Unset = UNSET,
    ) -> Run:
        """Answer a question of a run. Once this has answered, the answer is stored, and the run goes on with it."""
        return self._wait(self._asking.answer_run(run_id, node_id=node_id, frame=frame, action=action, values=values))

    def replay_run(
        self,
        run_id: str,
        *,
        node_id: str | Unset | None = UNSET,
        inputs: dict[str, Any] | Unset | None = UNSET,
        outputs: dict[str, dict[str, Any]] | Unset | None = UNSET,
    ) -> Run:
        """Run a run again, as a whole or from a node on, as a new run; answers at once, with the new run."""
        return self._wait(self._asking.replay_run(run_id, node_id=node_id, inputs=inputs, outputs=outputs))

    def list_conversations(
        self, *, app_id: str, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> ConversationPage:
        """List the conversations of an app, newest first."""
        return self._wait(self._asking.list_conversations(app_id=app_id, limit=limit, after=after))

    def list_messages(
        self, conversation_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> MessagePage:
        """List the messages of a conversation, oldest first."""
        return self._wait(self._asking.list_messages(conversation_id, limit=limit, after=after))

    def search_messages(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        conversation_id: str | Unset | None = UNSET,
        end_user: str | Unset | None = UNSET,
        status: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        rating: Literal["like", "dislike"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> LoggedMessagePage:
        """List messages of all conversations, newest first, with what people think of them."""
        return self._wait(
            self._asking.search_messages(
                app_id=app_id,
                conversation_id=conversation_id,
                end_user=end_user,
                status=status,
                version=version,
                environment=environment,
                source=source,
                since=since,
                until=until,
                text=text,
                rating=rating,
                limit=limit,
                after=after,
            )
        )

    def read_message(self, message_id: str) -> LoggedMessage:
        """Show a message, what answered it, and what people think of it."""
        return self._wait(self._asking.read_message(message_id))

    def rate_message(
        self, message_id: str, *, rating: Literal["like", "dislike"] | None, content: str | Unset = UNSET
    ) -> LoggedMessage:
        """Say what you think of a message, in the place of what you said before."""
        return self._wait(self._asking.rate_message(message_id, rating=rating, content=content))

    def list_feedback(
        self,
        app_id: str,
        *,
        rating: Literal["like", "dislike"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> LoggedFeedbackPage:
        """List what people think of the messages of an app, newest first."""
        return self._wait(self._asking.list_feedback(app_id, rating=rating, limit=limit, after=after))

    def list_annotations(
        self, app_id: str, *, text: str | Unset = UNSET, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> AnnotationPage:
        """List the annotations of an app, newest first."""
        return self._wait(self._asking.list_annotations(app_id, text=text, limit=limit, after=after))

    def create_annotation(self, app_id: str, *, question: str, answer: str) -> Annotation:
        """Write down what is to be answered to a question."""
        return self._wait(self._asking.create_annotation(app_id, question=question, answer=answer))

    def read_annotation(self, app_id: str, annotation_id: str) -> Annotation:
        """Show an annotation."""
        return self._wait(self._asking.read_annotation(app_id, annotation_id))

    def edit_annotation(
        self, app_id: str, annotation_id: str, *, question: str, answer: str, if_match: str | Unset | None = UNSET
    ) -> Annotation:
        """Put another question and answer in the place of those of an annotation."""
        return self._wait(
            self._asking.edit_annotation(app_id, annotation_id, if_match=if_match, question=question, answer=answer)
        )

    def delete_annotation(self, app_id: str, annotation_id: str) -> None:
        """Take an annotation away."""
        return self._wait(self._asking.delete_annotation(app_id, annotation_id))

    def read_retention(self) -> Retention:
        """Say for how long runs and conversations are kept of all apps that have no rule of their own."""
        return self._wait(self._asking.read_retention())

    def set_retention(self, *, days: int | None, if_match: str | Unset | None = UNSET) -> Retention:
        """Have runs that ended longer ago taken away with their messages, within the hour."""
        return self._wait(self._asking.set_retention(if_match=if_match, days=days))

    def read_app_retention(self, app_id: str) -> Retention:
        """Say what an app's own rule is; without one, that of the workspace holds."""
        return self._wait(self._asking.read_app_retention(app_id))

    def set_app_retention(self, app_id: str, *, days: int | None, if_match: str | Unset | None = UNSET) -> Retention:
        """Have an app's runs that ended longer ago taken away with their messages, within the hour."""
        return self._wait(self._asking.set_app_retention(app_id, if_match=if_match, days=days))

    def list_models(
        self,
        *,
        type: Literal["chat", "embedding", "rerank", "moderation", "speech_to_text", "text_to_speech", "image"]
        | Unset
        | None = UNSET,
        provider: str | Unset | None = UNSET,
        ready: bool | Unset | None = UNSET,
        limit: int | Unset | None = UNSET,
        after: str | Unset | None = UNSET,
    ) -> ModelPage:
        """List the models of every provider by their ids, those that are not configured included."""
        return self._wait(self._asking.list_models(type=type, provider=provider, ready=ready, limit=limit, after=after))

    def list_local_models(self) -> LocalModelList:
        """Say where the weights of each model of this machine stand, the default model first."""
        return self._wait(self._asking.list_local_models())

    def fetch_local_model(self, *, model: str) -> LocalModel:
        """Begin, or join, fetching the weights of a model; they are never fetched twice."""
        return self._wait(self._asking.fetch_local_model(model=model))

    def test_model(self, model: str) -> Tested:
        """Call a model for real, as cheaply as can be; answers once it has answered."""
        return self._wait(self._asking.test_model(model))

    def list_providers(self) -> ProviderList:
        """List the providers of the catalog, the configured ones first."""
        return self._wait(self._asking.list_providers())

    def add_provider(self, *, files: dict[str, str]) -> Provider:
        """Add a provider by its files, or lay them over a shipped one; its models can be called at once."""
        return self._wait(self._asking.add_provider(files=files))

    def read_provider(self, provider: str) -> Provider:
        """Describe a provider: the fields of its credentials, those that are stored, and what keeps it from
        answering.
        """
        return self._wait(self._asking.read_provider(provider))

    def remove_provider(self, provider: str) -> None:
        """Remove a provider that was added, or what was laid over a shipped one."""
        return self._wait(self._asking.remove_provider(provider))

    def read_credential(self, provider: str, credential_id: str) -> Credential:
        """Describe a stored credential; what it holds is never shown."""
        return self._wait(self._asking.read_credential(provider, credential_id))

    def change_credential(
        self,
        provider: str,
        credential_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        values: dict[str, str] | Unset | None = UNSET,
        weight: int | Unset | None = UNSET,
        enabled: bool | Unset | None = UNSET,
        verify: bool | Unset = UNSET,
    ) -> Credential:
        """Rename a credential, weigh it, switch it on or off, or replace what it holds."""
        return self._wait(
            self._asking.change_credential(
                provider,
                credential_id,
                if_match=if_match,
                name=name,
                values=values,
                weight=weight,
                enabled=enabled,
                verify=verify,
            )
        )

    def remove_credential(self, provider: str, credential_id: str) -> None:
        """Remove a credential; calls that are under way end with the key they began with."""
        return self._wait(self._asking.remove_credential(provider, credential_id))

    def list_model_routes(self) -> RouteList:
        """List the routes of the workspace: models of its own making, which others answer for."""
        return self._wait(self._asking.list_model_routes())

    def read_model_route(self, name: str) -> Route:
        """Describe a route."""
        return self._wait(self._asking.read_model_route(name))

    def put_model_route(
        self,
        name: str,
        *,
        targets: list[ShareBody],
        if_match: str | Unset | None = UNSET,
        fallbacks: dict[str, list[str]] | Unset = UNSET,
        retries: int | Unset = UNSET,
        hedge_after: float | Unset | None = UNSET,
        cache_seconds: float | Unset | None = UNSET,
        patience: PatienceBody | Unset = UNSET,
    ) -> Route:
        """Add a route, or replace the one of this name."""
        return self._wait(
            self._asking.put_model_route(
                name,
                if_match=if_match,
                targets=targets,
                fallbacks=fallbacks,
                retries=retries,
                hedge_after=hedge_after,
                cache_seconds=cache_seconds,
                patience=patience,
            )
        )

    def remove_model_route(self, name: str) -> None:
        """Remove a route; apps that use it then fail with a clear error."""
        return self._wait(self._asking.remove_model_route(name))

    def add_credential(
        self,
        provider: str,
        *,
        values: dict[str, str],
        name: str | Unset = UNSET,
        weight: int | Unset = UNSET,
        verify: bool | Unset = UNSET,
    ) -> Credential:
        """Store a credential, encrypted, once a call has shown that it works. It can be replaced, and never be read."""
        return self._wait(self._asking.add_credential(provider, name=name, values=values, weight=weight, verify=verify))

    def list_budgets(
        self,
        *,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset | None = UNSET,
        subject_id: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> BudgetPage:
        """List the budgets, oldest first, each as its period stands now."""
        return self._wait(self._asking.list_budgets(subject=subject, subject_id=subject_id, limit=limit, after=after))

    def create_budget(
        self,
        *,
        limit: float | str,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset | None = UNSET,
        measure: Literal["tokens", "money", "calls"] | Unset = UNSET,
        period: Literal["hour", "day", "month", "total"] | Unset = UNSET,
        currency: str | Unset = UNSET,
    ) -> Budget:
        """Set a hard stop for the workspace, an app, a key or an end user; what was used in the period counts."""
        return self._wait(
            self._asking.create_budget(
                subject=subject, subject_id=subject_id, measure=measure, period=period, limit=limit, currency=currency
            )
        )

    def read_budget(self, budget_id: str) -> Budget:
        """Describe a budget, as its period stands now."""
        return self._wait(self._asking.read_budget(budget_id))

    def replace_budget(
        self,
        budget_id: str,
        *,
        limit: float | str,
        if_match: str | Unset | None = UNSET,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset | None = UNSET,
        measure: Literal["tokens", "money", "calls"] | Unset = UNSET,
        period: Literal["hour", "day", "month", "total"] | Unset = UNSET,
        currency: str | Unset = UNSET,
    ) -> Budget:
        """Replace a budget; what was used in the period counts."""
        return self._wait(
            self._asking.replace_budget(
                budget_id,
                if_match=if_match,
                subject=subject,
                subject_id=subject_id,
                measure=measure,
                period=period,
                limit=limit,
                currency=currency,
            )
        )

    def remove_budget(self, budget_id: str) -> None:
        """Remove a budget; what it counted stays in the ledger."""
        return self._wait(self._asking.remove_budget(budget_id))

    def list_usage_entries(
        self,
        *,
        run_id: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
    ) -> EntryPage:
        """List the calls of models, newest first."""
        return self._wait(
            self._asking.list_usage_entries(run_id=run_id, limit=limit, after=after, since=since, until=until)
        )

    def list_usage_totals(
        self,
        *,
        by: Literal["model", "app", "key", "run", "node", "day"] | Unset = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
    ) -> TotalList:
        """Add up what was used and what it cost."""
        return self._wait(self._asking.list_usage_totals(by=by, since=since, until=until))

    def list_audit(
        self,
        *,
        actor_kind: Literal["person", "key", "end_user", "system"] | Unset | None = UNSET,
        actor_id: str | Unset | None = UNSET,
        action: str | Unset | None = UNSET,
        object_kind: str | Unset | None = UNSET,
        object_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> AuditEntryPage:
        """List what was done in the workspace, newest first."""
        return self._wait(
            self._asking.list_audit(
                actor_kind=actor_kind,
                actor_id=actor_id,
                action=action,
                object_kind=object_kind,
                object_id=object_id,
                since=since,
                until=until,
                text=text,
                limit=limit,
                after=after,
            )
        )

    def export_audit(
        self,
        *,
        actor_kind: Literal["person", "key", "end_user", "system"] | Unset | None = UNSET,
        actor_id: str | Unset | None = UNSET,
        action: str | Unset | None = UNSET,
        object_kind: str | Unset | None = UNSET,
        object_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
    ) -> str:
        """Take the trail out, as JSON lines."""
        return self._wait(
            self._asking.export_audit(
                actor_kind=actor_kind,
                actor_id=actor_id,
                action=action,
                object_kind=object_kind,
                object_id=object_id,
                since=since,
                until=until,
                text=text,
            )
        )

    def check_audit(self, *, number: int | Unset | None = UNSET, seal: str | Unset | None = UNSET) -> AuditCheck:
        """Look through the whole trail: is each entry sealed, unchanged, to the one before it? With `number` and
        `seal`, it is held against what was noted before, which nobody can forge who has only the database.
        """
        return self._wait(self._asking.check_audit(number=number, seal=seal))

    def list_limits(self) -> LimitList:
        """List the limits, those included that the installation sets for everyone."""
        return self._wait(self._asking.list_limits())

    def create_limit(
        self,
        *,
        measure: Literal["requests", "runs", "storage"],
        most: int,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset = UNSET,
    ) -> Limit:
        """Set a limit; of several that somebody comes under, each holds."""
        return self._wait(self._asking.create_limit(subject=subject, subject_id=subject_id, measure=measure, most=most))

    def read_limit(self, limit_id: str) -> Limit:
        """Describe a limit, and how much of it is used now."""
        return self._wait(self._asking.read_limit(limit_id))

    def replace_limit(
        self,
        limit_id: str,
        *,
        measure: Literal["requests", "runs", "storage"],
        most: int,
        if_match: str | Unset | None = UNSET,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset = UNSET,
        subject_id: str | Unset = UNSET,
    ) -> Limit:
        """Replace a limit."""
        return self._wait(
            self._asking.replace_limit(
                limit_id, if_match=if_match, subject=subject, subject_id=subject_id, measure=measure, most=most
            )
        )

    def remove_limit(self, limit_id: str) -> None:
        """Remove a limit."""
        return self._wait(self._asking.remove_limit(limit_id))

    def list_members(
        self,
        *,
        search: str | Unset = UNSET,
        role: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> MemberPage:
        """List the members of the workspace, oldest first."""
        return self._wait(self._asking.list_members(search=search, role=role, limit=limit, after=after))

    def add_member(self, *, email: str, role: str, name: str | Unset = UNSET) -> Member:
        """Make somebody a member without asking them. Whoever does not run the installation invites people instead."""
        return self._wait(self._asking.add_member(email=email, role=role, name=name))

    def read_member(self, member_id: str) -> Member:
        """Describe a member."""
        return self._wait(self._asking.read_member(member_id))

    def remove_member(self, member_id: str) -> None:
        """Remove a member: their sessions and personal keys open nothing here from then on."""
        return self._wait(self._asking.remove_member(member_id))

    def change_member_role(self, member_id: str, *, role: str, if_match: str | Unset | None = UNSET) -> Member:
        """Give a member another role, which holds from their next request on."""
        return self._wait(self._asking.change_member_role(member_id, if_match=if_match, role=role))

    def list_roles(
        self,
        *,
        search: str | Unset = UNSET,
        built_in: bool | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> RolePage:
        """List the roles that every workspace has, then those of this one by name."""
        return self._wait(self._asking.list_roles(search=search, built_in=built_in, limit=limit, after=after))

    def create_role(self, *, name: str, permissions: list[str]) -> Role:
        """Make a role of named permissions, none of which you have not."""
        return self._wait(self._asking.create_role(name=name, permissions=permissions))

    def read_role(self, role_id: str) -> Role:
        """Describe a role: what it is called, and what it holds."""
        return self._wait(self._asking.read_role(role_id))

    def replace_role(
        self, role_id: str, *, name: str, permissions: list[str], if_match: str | Unset | None = UNSET
    ) -> Role:
        """Change what a role of this workspace holds, for all who have it."""
        return self._wait(self._asking.replace_role(role_id, if_match=if_match, name=name, permissions=permissions))

    def remove_role(self, role_id: str) -> None:
        """Remove a role that nobody has any more."""
        return self._wait(self._asking.remove_role(role_id))

    def list_grants(self, *, member_id: str | Unset | None = UNSET, app_id: str | Unset | None = UNSET) -> GrantList:
        """List what members may do with single apps beside their roles, of one member, of one app, or of all."""
        return self._wait(self._asking.list_grants(member_id=member_id, app_id=app_id))

    def read_grant(self, member_id: str, app_id: str) -> Grant:
        """Say what a member was granted of one app."""
        return self._wait(self._asking.read_grant(member_id, app_id))

    def put_grant(self, member_id: str, app_id: str, *, role: str, if_match: str | Unset | None = UNSET) -> Grant:
        """Let a member do with one app what a role holds of apps and runs, whatever their own role is."""
        return self._wait(self._asking.put_grant(member_id, app_id, if_match=if_match, role=role))

    def remove_grant(self, member_id: str, app_id: str) -> None:
        """Take back what a member was granted of an app."""
        return self._wait(self._asking.remove_grant(member_id, app_id))

    def list_workspaces(self) -> OwnWorkspaceList:
        """List the workspaces that you are a member of, each with your role there; for a key, the one that it opens."""
        return self._wait(self._asking.list_workspaces())

    def create_workspace(self, *, name: str, slug: str | Unset | None = UNSET) -> WorkspaceDetails:
        """Make a workspace without anything in it, which you own."""
        return self._wait(self._asking.create_workspace(name=name, slug=slug))

    def read_workspace(self) -> WorkspaceDetails:
        """Describe the workspace that is asked."""
        return self._wait(self._asking.read_workspace())

    def change_workspace(
        self,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        slug: str | Unset | None = UNSET,
    ) -> WorkspaceDetails:
        """Give the workspace another name, or another short name."""
        return self._wait(self._asking.change_workspace(if_match=if_match, name=name, slug=slug))

    def delete_workspace(self, *, confirm: str) -> None:
        """Delete the workspace with all that it holds, for good."""
        return self._wait(self._asking.delete_workspace(confirm=confirm))

    def transfer_workspace(self, *, member_id: str) -> None:
        """Make a member an owner of the workspace; you become an admin of it."""
        return self._wait(self._asking.transfer_workspace(member_id=member_id))

    def leave_workspace(self) -> None:
        """Be a member of this workspace no longer."""
        return self._wait(self._asking.leave_workspace())

    def export_workspace(self) -> Iterator[bytes]:
        """Take out all that the workspace holds, but for secrets."""
        return self._each(self._asking.export_workspace())

    def export_end_user(self, *, end_user: str) -> Iterator[bytes]:
        """Take out all that tells of one end user: runs, conversations, messages, feedback, and what was used of
        models.
        """
        return self._each(self._asking.export_end_user(end_user=end_user))

    def erase_end_user(self, *, end_user: str) -> Erasure:
        """Take away all that tells of one end user, for good. What was used of models stays counted, without the
        name.
        """
        return self._wait(self._asking.erase_end_user(end_user=end_user))

    def list_knowledge(
        self, *, search: str | Unset = UNSET, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> KnowledgePage:
        """List the knowledge bases, newest first."""
        return self._wait(self._asking.list_knowledge(search=search, limit=limit, after=after))

    def create_knowledge(
        self,
        *,
        name: str,
        description: str | Unset = UNSET,
        embedding_model: str | Unset | None = UNSET,
        store: str | Unset | None = UNSET,
        chunking: ChunkSettings | Unset = UNSET,
        retrieval: RetrievalSettings | Unset = UNSET,
    ) -> Knowledge:
        """Make a knowledge base. Documents are added to it afterwards."""
        return self._wait(
            self._asking.create_knowledge(
                name=name,
                description=description,
                embedding_model=embedding_model,
                store=store,
                chunking=chunking,
                retrieval=retrieval,
            )
        )

    def read_knowledge(self, knowledge_id: str) -> Knowledge:
        """Describe a knowledge base."""
        return self._wait(self._asking.read_knowledge(knowledge_id))

    def change_knowledge(
        self,
        knowledge_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        aliases: list[str] | Unset | None = UNSET,
        chunking: ChunkSettings | Unset | None = UNSET,
        retrieval: RetrievalSettings | Unset | None = UNSET,
    ) -> Knowledge:
        """Change what a knowledge base is called, how it cuts documents from now on, and how it answers."""
        return self._wait(
            self._asking.change_knowledge(
                knowledge_id,
                if_match=if_match,
                name=name,
                description=description,
                aliases=aliases,
                chunking=chunking,
                retrieval=retrieval,
            )
        )

    def remove_knowledge(self, knowledge_id: str) -> None:
        """Remove a knowledge base with all of its documents."""
        return self._wait(self._asking.remove_knowledge(knowledge_id))

    def read_progress(self, knowledge_id: str) -> Progress:
        """Say how far indexing is."""
        return self._wait(self._asking.read_progress(knowledge_id))

    def list_indexes(self, knowledge_id: str) -> IndexList:
        """List where the vectors lie, and where they are being brought."""
        return self._wait(self._asking.list_indexes(knowledge_id))

    def stop_move(self, knowledge_id: str) -> None:
        """Stop a move; the index that serves goes on serving."""
        return self._wait(self._asking.stop_move(knowledge_id))

    def move_knowledge(
        self, knowledge_id: str, *, store: str | Unset | None = UNSET, embedding_model: str | Unset | None = UNSET
    ) -> Index:
        """Build another index beside the one that serves; it is switched to once it has everything."""
        return self._wait(self._asking.move_knowledge(knowledge_id, store=store, embedding_model=embedding_model))

    def list_knowledge_keys(
        self, knowledge_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> KeyPage:
        """List the keys of a knowledge base, newest first, the revoked ones included."""
        return self._wait(self._asking.list_knowledge_keys(knowledge_id, limit=limit, after=after))

    def create_knowledge_key(
        self, knowledge_id: str, *, name: str | Unset = UNSET, expires_at: str | Unset | None = UNSET
    ) -> NewKey:
        """Make a key that opens this knowledge base over `/v1/datasets`; its secret is shown now and never again."""
        return self._wait(self._asking.create_knowledge_key(knowledge_id, name=name, expires_at=expires_at))

    def list_knowledge_grants(self, knowledge_id: str) -> KnowledgeGrantList:
        """List what members may do with a knowledge base beside their roles."""
        return self._wait(self._asking.list_knowledge_grants(knowledge_id))

    def read_knowledge_grant(self, knowledge_id: str, member_id: str) -> KnowledgeGrant:
        """Say what a member was granted of a knowledge base."""
        return self._wait(self._asking.read_knowledge_grant(knowledge_id, member_id))

    def put_knowledge_grant(
        self, knowledge_id: str, member_id: str, *, role: str, if_match: str | Unset | None = UNSET
    ) -> KnowledgeGrant:
        """Let a member do with one knowledge base what a role holds of knowledge, whatever their own role is."""
        return self._wait(self._asking.put_knowledge_grant(knowledge_id, member_id, if_match=if_match, role=role))

    def remove_knowledge_grant(self, knowledge_id: str, member_id: str) -> None:
        """Take back what a member was granted of a knowledge base."""
        return self._wait(self._asking.remove_knowledge_grant(knowledge_id, member_id))

    def preview_chunks(
        self, *, text: str, name: str | Unset = UNSET, chunking: ChunkSettings | Unset = UNSET
    ) -> DraftList:
        """See how a text would be cut; nothing is kept."""
        return self._wait(self._asking.preview_chunks(name=name, text=text, chunking=chunking))

    def search_knowledge(
        self,
        knowledge_id: str,
        *,
        question: str,
        retrieval: RetrievalSettings | Unset | None = UNSET,
        where: WhereBody | Unset = UNSET,
        asker: list[str] | Unset | None = UNSET,
    ) -> Found:
        """Find the passages that answer a question."""
        return self._wait(
            self._asking.search_knowledge(
                knowledge_id, question=question, retrieval=retrieval, where=where, asker=asker
            )
        )

    def list_documents(
        self,
        knowledge_id: str,
        *,
        state: Literal["waiting", "parsing", "splitting", "embedding", "indexed", "failed", "paused", "deleting"]
        | Unset
        | None = UNSET,
        search: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> DocumentPage:
        """List the documents of a knowledge base, newest first."""
        return self._wait(
            self._asking.list_documents(knowledge_id, state=state, search=search, limit=limit, after=after)
        )

    def add_document(self, knowledge_id: str, *, name: str, content: bytes) -> Document:
        """Hand in a document. It is kept at once and indexed soon after; the same one twice is one."""
        return self._wait(self._asking.add_document(knowledge_id, name=name, content=content))

    def read_document(self, knowledge_id: str, document_id: str) -> Document:
        """Describe a document, and say where it stands."""
        return self._wait(self._asking.read_document(knowledge_id, document_id))

    def change_document(
        self,
        knowledge_id: str,
        document_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        enabled: bool | Unset | None = UNSET,
        metadata: dict[str, str | float | bool | None] | Unset | None = UNSET,
        readers: list[str] | Unset | None = UNSET,
    ) -> Document:
        """Change what a document is called, what stands beside it, who may read it, and whether it is asked."""
        return self._wait(
            self._asking.change_document(
                knowledge_id,
                document_id,
                if_match=if_match,
                name=name,
                enabled=enabled,
                metadata=metadata,
                readers=readers,
            )
        )

    def remove_document(self, knowledge_id: str, document_id: str) -> None:
        """Remove a document, also while it is being indexed."""
        return self._wait(self._asking.remove_document(knowledge_id, document_id))

    def replace_knowledge_document(self, knowledge_id: str, document_id: str, *, name: str, content: bytes) -> Document:
        """Give a document another content, which is indexed in the place of what it had."""
        return self._wait(
            self._asking.replace_knowledge_document(knowledge_id, document_id, name=name, content=content)
        )

    def read_document_content(self, knowledge_id: str, document_id: str) -> Iterator[bytes]:
        """Read a document as it was handed in."""
        return self._each(self._asking.read_document_content(knowledge_id, document_id))

    def list_chunks(
        self, knowledge_id: str, document_id: str, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET
    ) -> ChunkPage:
        """List the chunks of a document as they follow one another."""
        return self._wait(self._asking.list_chunks(knowledge_id, document_id, limit=limit, after=after))

    def add_chunk(self, knowledge_id: str, document_id: str, *, text: str, answer: str | Unset = UNSET) -> Chunk:
        """Add a chunk by hand, after the others."""
        return self._wait(self._asking.add_chunk(knowledge_id, document_id, text=text, answer=answer))

    def read_chunk(self, knowledge_id: str, document_id: str, chunk_id: str) -> Chunk:
        """Read a chunk."""
        return self._wait(self._asking.read_chunk(knowledge_id, document_id, chunk_id))

    def change_chunk(
        self,
        knowledge_id: str,
        document_id: str,
        chunk_id: str,
        *,
        if_match: str | Unset | None = UNSET,
        text: str | Unset | None = UNSET,
        answer: str | Unset | None = UNSET,
        enabled: bool | Unset | None = UNSET,
    ) -> Chunk:
        """Edit a chunk; it is found by its new words soon after."""
        return self._wait(
            self._asking.change_chunk(
                knowledge_id, document_id, chunk_id, if_match=if_match, text=text, answer=answer, enabled=enabled
            )
        )

    def remove_chunk(self, knowledge_id: str, document_id: str, chunk_id: str) -> None:
        """Remove a chunk."""
        return self._wait(self._asking.remove_chunk(knowledge_id, document_id, chunk_id))

    def list_children(self, knowledge_id: str, document_id: str, chunk_id: str) -> ChunkList:
        """List the pieces by which a chunk is found."""
        return self._wait(self._asking.list_children(knowledge_id, document_id, chunk_id))

    def add_text(
        self,
        knowledge_id: str,
        *,
        name: str,
        text: str,
        metadata: dict[str, str | float | bool | None] | Unset = UNSET,
        readers: list[str] | Unset | None = UNSET,
    ) -> Document:
        """Add a text that is pasted."""
        return self._wait(self._asking.add_text(knowledge_id, name=name, text=text, metadata=metadata, readers=readers))

    def retry_document(self, knowledge_id: str, document_id: str) -> Document:
        """Index a document anew."""
        return self._wait(self._asking.retry_document(knowledge_id, document_id))

    def pause_document(self, knowledge_id: str, document_id: str) -> Document:
        """Stop indexing a document for now, after the batch in flight."""
        return self._wait(self._asking.pause_document(knowledge_id, document_id))

    def resume_document(self, knowledge_id: str, document_id: str) -> Document:
        """Go on indexing a document that was paused."""
        return self._wait(self._asking.resume_document(knowledge_id, document_id))

    def list_tool_apis(self) -> ApiList:
        """List the APIs that were imported."""
        return self._wait(self._asking.list_tool_apis())

    def import_tool_api(
        self,
        *,
        document: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        server: str | Unset | None = UNSET,
        auth: list[ApiAuthBody] | Unset | None = UNSET,
        fixed: dict[str, Any] | Unset | None = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        only: list[str] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> Api:
        """Import an API, in the place of the one of its name: each operation becomes a tool."""
        return self._wait(
            self._asking.import_tool_api(
                document=document,
                url=url,
                server=server,
                auth=auth,
                fixed=fixed,
                effects=effects,
                only=only,
                seconds=seconds,
                name=name,
            )
        )

    def read_tool_api(self, api: str) -> Api:
        """Read what is said of an imported API."""
        return self._wait(self._asking.read_tool_api(api))

    def change_tool_api(
        self,
        api: str,
        *,
        if_match: str | Unset | None = UNSET,
        document: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        server: str | Unset | None = UNSET,
        auth: list[ApiAuthBody] | Unset | None = UNSET,
        fixed: dict[str, Any] | Unset | None = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        only: list[str] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
    ) -> Api:
        """Say something else of an imported API, or give it a new document; the next call of its tools feels it."""
        return self._wait(
            self._asking.change_tool_api(
                api,
                if_match=if_match,
                document=document,
                url=url,
                server=server,
                auth=auth,
                fixed=fixed,
                effects=effects,
                only=only,
                seconds=seconds,
            )
        )

    def remove_tool_api(self, api: str) -> None:
        """Remove an imported API with its tools, and what was stored to be let in."""
        return self._wait(self._asking.remove_tool_api(api))

    def preview_tool_api(
        self,
        *,
        document: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        server: str | Unset | None = UNSET,
        auth: list[ApiAuthBody] | Unset | None = UNSET,
        fixed: dict[str, Any] | Unset | None = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        only: list[str] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> Api:
        """See what importing an API would make; nothing is kept."""
        return self._wait(
            self._asking.preview_tool_api(
                document=document,
                url=url,
                server=server,
                auth=auth,
                fixed=fixed,
                effects=effects,
                only=only,
                seconds=seconds,
                name=name,
            )
        )

    def list_tool_servers(self) -> ToolServerList:
        """List the servers of MCP that were added, each with what it offered last."""
        return self._wait(self._asking.list_tool_servers())

    def add_tool_server(
        self,
        *,
        url: str | Unset | None = UNSET,
        auth: Literal["none", "bearer", "header", "oauth"] | Unset | None = UNSET,
        header: str | Unset | None = UNSET,
        values: dict[str, str] | Unset = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> ToolServer:
        """Add a server of MCP: each of its tools becomes a tool of the workspace."""
        return self._wait(
            self._asking.add_tool_server(
                url=url, auth=auth, header=header, values=values, effects=effects, seconds=seconds, name=name
            )
        )

    def read_tool_server(self, server: str) -> ToolServer:
        """Read what is said of a server of MCP, and what it offered last."""
        return self._wait(self._asking.read_tool_server(server))

    def change_tool_server(
        self,
        server: str,
        *,
        if_match: str | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        auth: Literal["none", "bearer", "header", "oauth"] | Unset | None = UNSET,
        header: str | Unset | None = UNSET,
        values: dict[str, str] | Unset = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
    ) -> ToolServer:
        """Say something else of a server of MCP. Of what another address offers nothing is approved."""
        return self._wait(
            self._asking.change_tool_server(
                server,
                if_match=if_match,
                url=url,
                auth=auth,
                header=header,
                values=values,
                effects=effects,
                seconds=seconds,
            )
        )

    def remove_tool_server(self, server: str) -> None:
        """Remove a server of MCP with its tools, and what was stored to be let in."""
        return self._wait(self._asking.remove_tool_server(server))

    def preview_tool_server(
        self,
        *,
        url: str | Unset | None = UNSET,
        auth: Literal["none", "bearer", "header", "oauth"] | Unset | None = UNSET,
        header: str | Unset | None = UNSET,
        values: dict[str, str] | Unset = UNSET,
        effects: dict[str, Literal["read", "write", "egress", "spend"]] | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
    ) -> ToolServer:
        """See what a server of MCP offers; nothing is kept."""
        return self._wait(
            self._asking.preview_tool_server(
                url=url, auth=auth, header=header, values=values, effects=effects, seconds=seconds, name=name
            )
        )

    def refresh_tool_server(self, server: str) -> ToolServer:
        """Ask a server of MCP again what it offers; what is new or changed waits to be approved."""
        return self._wait(self._asking.refresh_tool_server(server))

    def approve_tool_server(self, server: str, *, tools: list[str] | Unset | None = UNSET) -> ToolServer:
        """Approve what a server of MCP offered last; the next call feels it."""
        return self._wait(self._asking.approve_tool_server(server, tools=tools))

    def authorize_tool_server(self, server: str, *, redirect_url: str) -> SignIn:
        """Begin to sign in to a server of MCP that lets in by OAuth."""
        return self._wait(self._asking.authorize_tool_server(server, redirect_url=redirect_url))

    def finish_authorizing_tool_server(self, server: str, *, answer: dict[str, str]) -> ToolServer:
        """Finish signing in; what the server offers then waits to be approved."""
        return self._wait(self._asking.finish_authorizing_tool_server(server, answer=answer))

    def list_tools(self) -> ToolsetList:
        """List the tools of the workspace, those that belong together as one."""
        return self._wait(self._asking.list_tools())

    def read_toolset(self, toolset: str) -> Toolset:
        """Describe tools that belong together: what they take, what lets them in, and what is switched off."""
        return self._wait(self._asking.read_toolset(toolset))

    def switch_toolset(self, toolset: str, *, enabled: bool, if_match: str | Unset | None = UNSET) -> Toolset:
        """Enable or disable tools that belong together; the next call feels it."""
        return self._wait(self._asking.switch_toolset(toolset, if_match=if_match, enabled=enabled))

    def read_tool(self, toolset: str, tool: str) -> Tool:
        """Describe one tool: what it takes, and whether it is switched on."""
        return self._wait(self._asking.read_tool(toolset, tool))

    def switch_tool(self, toolset: str, tool: str, *, enabled: bool, if_match: str | Unset | None = UNSET) -> Tool:
        """Enable or disable one tool."""
        return self._wait(self._asking.switch_tool(toolset, tool, if_match=if_match, enabled=enabled))

    def remove_tool_credential(self, toolset: str, tool_credential_id: str) -> None:
        """Remove a credential; calls that are under way end with the one they began with."""
        return self._wait(self._asking.remove_tool_credential(toolset, tool_credential_id))

    def read_tool_output(self, output_id: str) -> ToolOutput:
        """Read in full what a tool has said, where it was too much to hand on."""
        return self._wait(self._asking.read_tool_output(output_id))

    def call_tool(
        self,
        toolset: str,
        tool: str,
        *,
        arguments: dict[str, Any] | Unset = UNSET,
        credential: str | Unset | None = UNSET,
        seconds: float | Unset | None = UNSET,
    ) -> ToolResult:
        """Call a tool, as an app would."""
        return self._wait(
            self._asking.call_tool(toolset, tool, arguments=arguments, credential=credential, seconds=seconds)
        )

    def save_tool_credential(
        self, toolset: str, *, values: dict[str, str], name: str | Unset = UNSET
    ) -> ToolCredential:
        """Store a credential, encrypted. It can be replaced, and never be read."""
        return self._wait(self._asking.save_tool_credential(toolset, name=name, values=values))

    def list_plugins(self, *, limit: int | Unset = UNSET, after: str | Unset | None = UNSET) -> PluginPage:
        """List the installed plugins, and which of them this workspace has."""
        return self._wait(self._asking.list_plugins(limit=limit, after=after))

    def install_plugin(self, *, content: bytes) -> Plugin:
        """Install a plugin, in the place of the one of its id. It is run in a jail, and enabled by each workspace."""
        return self._wait(self._asking.install_plugin(content=content))

    def read_plugin(self, plugin: str) -> Plugin:
        """Read what a plugin adds, and what it may have."""
        return self._wait(self._asking.read_plugin(plugin))

    def switch_plugin(self, plugin: str, *, enabled: bool, if_match: str | Unset | None = UNSET) -> Plugin:
        """Enable or disable a plugin in this workspace; the next call of its tools feels it."""
        return self._wait(self._asking.switch_plugin(plugin, if_match=if_match, enabled=enabled))

    def remove_plugin(self, plugin: str) -> None:
        """Remove a plugin from the installation; calls of its tools that are under way end with an error."""
        return self._wait(self._asking.remove_plugin(plugin))

    def install_plugin_requirement(self, *, requirement: str) -> Plugin:
        """Install a plugin from the index of packages that the server uses, by its version and its hashes."""
        return self._wait(self._asking.install_plugin_requirement(requirement=requirement))

    def read_ways_in(self) -> WaysIn:
        """Say how one signs in here."""
        return self._wait(self._asking.read_ways_in())

    def sign_in_with_password(self, *, email: str, password: str, code: str | Unset | None = UNSET) -> None:
        """Begin a session with an e-mail address and a password; the answer sets its cookie."""
        return self._wait(self._asking.sign_in_with_password(email=email, password=password, code=code))

    def reset_password(self, *, token: str, password: str) -> None:
        """Set a new password with a link that was made for it. Every session of the person ends."""
        return self._wait(self._asking.reset_password(token=token, password=password))

    def read_invitation(self, *, token: str) -> OpenInvitation:
        """Say where an invitation leads. It is not spent."""
        return self._wait(self._asking.read_invitation(token=token))

    def accept_invitation(
        self, *, token: str, name: str | Unset | None = UNSET, password: str | Unset | None = UNSET
    ) -> Accepted:
        """Become a member: as who is signed in, else as a new person, whom the answer signs in."""
        return self._wait(self._asking.accept_invitation(token=token, name=name, password=password))

    def list_sign_in_providers(self) -> SingleSignOnList:
        """List the providers of identity as they are set up, without their secrets."""
        return self._wait(self._asking.list_sign_in_providers())

    def test_sign_in_provider(self, provider: str) -> FindingList:
        """Read what a provider says of itself, and say what is wrong with it. Nobody is signed in."""
        return self._wait(self._asking.test_sign_in_provider(provider))

    def read_me(self) -> Person:
        """Say who is signed in."""
        return self._wait(self._asking.read_me())

    def change_me(
        self,
        *,
        if_match: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        email: str | Unset | None = UNSET,
        password: str | Unset | None = UNSET,
    ) -> Person:
        """Change your name or your address."""
        return self._wait(self._asking.change_me(if_match=if_match, name=name, email=email, password=password))

    def change_password(self, *, password: str, present: str | Unset | None = UNSET) -> None:
        """Set your password. Every other session of yours ends."""
        return self._wait(self._asking.change_password(password=password, present=present))

    def list_sessions(self) -> PersonSessionList:
        """List the browsers that you are signed in with, newest first."""
        return self._wait(self._asking.list_sessions())

    def end_other_sessions(self) -> EndedSessions:
        """Sign out everywhere but here."""
        return self._wait(self._asking.end_other_sessions())

    def end_session(self, session_id: str) -> None:
        """Sign out one browser."""
        return self._wait(self._asking.end_session(session_id))

    def begin_second_factor(self, *, password: str | Unset | None = UNSET) -> SecondFactor:
        """Get a secret for an authenticator app. Codes are asked for once you have shown a first one."""
        return self._wait(self._asking.begin_second_factor(password=password))

    def turn_on_second_factor(self, *, code: str) -> RecoveryCodes:
        """Show a first code: from now on, signing in with a password asks for one."""
        return self._wait(self._asking.turn_on_second_factor(code=code))

    def remove_second_factor(self, *, code: str) -> None:
        """Show a last code: from now on, none is asked for."""
        return self._wait(self._asking.remove_second_factor(code=code))

    def list_identities(self) -> IdentityList:
        """List where else you are known and sign in here with, the first linked first."""
        return self._wait(self._asking.list_identities())

    def link_identity(
        self, *, provider: str, password: str | Unset | None = UNSET, next: str | Unset | None = UNSET
    ) -> Departure:
        """Begin to link an identity: the browser goes to the address, and comes back with it."""
        return self._wait(self._asking.link_identity(provider=provider, password=password, next=next))

    def unlink_identity(self, identity_id: str) -> None:
        """Sign in with this identity no more. Other sessions that were begun by single sign-on end."""
        return self._wait(self._asking.unlink_identity(identity_id))

    def list_invitations(
        self,
        *,
        state: Literal["open", "accepted", "revoked", "expired"] | Unset | None = UNSET,
        email: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        after: str | Unset | None = UNSET,
    ) -> InvitationPage:
        """List who was invited, newest first, with what came of it."""
        return self._wait(self._asking.list_invitations(state=state, email=email, limit=limit, after=after))

    def invite(self, *, email: str, role: str) -> NewInvitation:
        """Invite somebody to a role that may no more than you. The link is shown now and never again; send it to
        them.
        """
        return self._wait(self._asking.invite(email=email, role=role))

    def revoke_invitation(self, invitation_id: str) -> None:
        """Take an invitation back."""
        return self._wait(self._asking.revoke_invitation(invitation_id))

    def make_password_link(self, member_id: str) -> PasswordLink:
        """Make a link for a member who forgot their password. A person's password opens all of their workspaces, so
        only those may do this who run the installation.
        """
        return self._wait(self._asking.make_password_link(member_id))

    def all_apps(self, *, search: str | Unset = UNSET, tag: str | Unset = UNSET) -> Iterator[App]:
        """All that `list_apps` lists, page after page."""
        return self._each(self._asking.all_apps(search=search, tag=tag))

    def all_versions(self, app_id: str) -> Iterator[StandingVersion]:
        """All that `list_versions` lists, page after page."""
        return self._each(self._asking.all_versions(app_id))

    def all_promotions(
        self, app_id: str, *, environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET
    ) -> Iterator[Promotion]:
        """All that `list_promotions` lists, page after page."""
        return self._each(self._asking.all_promotions(app_id, environment=environment))

    def all_app_keys(
        self,
        app_id: str,
        *,
        state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET,
        search: str | Unset = UNSET,
    ) -> Iterator[Key]:
        """All that `list_app_keys` lists, page after page."""
        return self._each(self._asking.all_app_keys(app_id, state=state, search=search))

    def all_workspace_keys(
        self, *, state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET, search: str | Unset = UNSET
    ) -> Iterator[Key]:
        """All that `list_workspace_keys` lists, page after page."""
        return self._each(self._asking.all_workspace_keys(state=state, search=search))

    def all_own_keys(
        self, *, state: Literal["valid", "expired", "revoked"] | Unset | None = UNSET, search: str | Unset = UNSET
    ) -> Iterator[Key]:
        """All that `list_own_keys` lists, page after page."""
        return self._each(self._asking.all_own_keys(state=state, search=search))

    def all_runs(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        status: list[Literal["queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]]
        | Unset = UNSET,
        end_user: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
    ) -> Iterator[Run]:
        """All that `list_runs` lists, page after page."""
        return self._each(
            self._asking.all_runs(
                app_id=app_id,
                status=status,
                end_user=end_user,
                version=version,
                environment=environment,
                source=source,
                since=since,
                until=until,
                text=text,
            )
        )

    def all_conversations(self, *, app_id: str) -> Iterator[Conversation]:
        """All that `list_conversations` lists, page after page."""
        return self._each(self._asking.all_conversations(app_id=app_id))

    def all_messages(self, conversation_id: str) -> Iterator[Message]:
        """All that `list_messages` lists, page after page."""
        return self._each(self._asking.all_messages(conversation_id))

    def all_search_messages(
        self,
        *,
        app_id: str | Unset | None = UNSET,
        conversation_id: str | Unset | None = UNSET,
        end_user: str | Unset | None = UNSET,
        status: str | Unset | None = UNSET,
        version: int | Unset | None = UNSET,
        environment: Literal["dev", "staging", "prod"] | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
        rating: Literal["like", "dislike"] | Unset | None = UNSET,
    ) -> Iterator[LoggedMessage]:
        """All that `search_messages` lists, page after page."""
        return self._each(
            self._asking.all_search_messages(
                app_id=app_id,
                conversation_id=conversation_id,
                end_user=end_user,
                status=status,
                version=version,
                environment=environment,
                source=source,
                since=since,
                until=until,
                text=text,
                rating=rating,
            )
        )

    def all_feedback(
        self, app_id: str, *, rating: Literal["like", "dislike"] | Unset | None = UNSET
    ) -> Iterator[LoggedFeedback]:
        """All that `list_feedback` lists, page after page."""
        return self._each(self._asking.all_feedback(app_id, rating=rating))

    def all_annotations(self, app_id: str, *, text: str | Unset = UNSET) -> Iterator[Annotation]:
        """All that `list_annotations` lists, page after page."""
        return self._each(self._asking.all_annotations(app_id, text=text))

    def all_models(
        self,
        *,
        type: Literal["chat", "embedding", "rerank", "moderation", "speech_to_text", "text_to_speech", "image"]
        | Unset
        | None = UNSET,
        provider: str | Unset | None = UNSET,
        ready: bool | Unset | None = UNSET,
    ) -> Iterator[Model]:
        """All that `list_models` lists, page after page."""
        return self._each(self._asking.all_models(type=type, provider=provider, ready=ready))

    def all_budgets(
        self,
        *,
        subject: Literal["workspace", "app", "key", "end_user"] | Unset | None = UNSET,
        subject_id: str | Unset | None = UNSET,
    ) -> Iterator[Budget]:
        """All that `list_budgets` lists, page after page."""
        return self._each(self._asking.all_budgets(subject=subject, subject_id=subject_id))

    def all_usage_entries(
        self,
        *,
        run_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
    ) -> Iterator[Entry]:
        """All that `list_usage_entries` lists, page after page."""
        return self._each(self._asking.all_usage_entries(run_id=run_id, since=since, until=until))

    def all_audit(
        self,
        *,
        actor_kind: Literal["person", "key", "end_user", "system"] | Unset | None = UNSET,
        actor_id: str | Unset | None = UNSET,
        action: str | Unset | None = UNSET,
        object_kind: str | Unset | None = UNSET,
        object_id: str | Unset | None = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        text: str | Unset = UNSET,
    ) -> Iterator[AuditEntry]:
        """All that `list_audit` lists, page after page."""
        return self._each(
            self._asking.all_audit(
                actor_kind=actor_kind,
                actor_id=actor_id,
                action=action,
                object_kind=object_kind,
                object_id=object_id,
                since=since,
                until=until,
                text=text,
            )
        )

    def all_members(self, *, search: str | Unset = UNSET, role: str | Unset | None = UNSET) -> Iterator[Member]:
        """All that `list_members` lists, page after page."""
        return self._each(self._asking.all_members(search=search, role=role))

    def all_roles(self, *, search: str | Unset = UNSET, built_in: bool | Unset | None = UNSET) -> Iterator[Role]:
        """All that `list_roles` lists, page after page."""
        return self._each(self._asking.all_roles(search=search, built_in=built_in))

    def all_knowledge(self, *, search: str | Unset = UNSET) -> Iterator[Knowledge]:
        """All that `list_knowledge` lists, page after page."""
        return self._each(self._asking.all_knowledge(search=search))

    def all_knowledge_keys(self, knowledge_id: str) -> Iterator[Key]:
        """All that `list_knowledge_keys` lists, page after page."""
        return self._each(self._asking.all_knowledge_keys(knowledge_id))

    def all_documents(
        self,
        knowledge_id: str,
        *,
        state: Literal["waiting", "parsing", "splitting", "embedding", "indexed", "failed", "paused", "deleting"]
        | Unset
        | None = UNSET,
        search: str | Unset = UNSET,
    ) -> Iterator[Document]:
        """All that `list_documents` lists, page after page."""
        return self._each(self._asking.all_documents(knowledge_id, state=state, search=search))

    def all_chunks(self, knowledge_id: str, document_id: str) -> Iterator[Chunk]:
        """All that `list_chunks` lists, page after page."""
        return self._each(self._asking.all_chunks(knowledge_id, document_id))

    def all_plugins(self) -> Iterator[Plugin]:
        """All that `list_plugins` lists, page after page."""
        return self._each(self._asking.all_plugins())

    def all_invitations(
        self,
        *,
        state: Literal["open", "accepted", "revoked", "expired"] | Unset | None = UNSET,
        email: str | Unset = UNSET,
    ) -> Iterator[Invitation]:
        """All that `list_invitations` lists, page after page."""
        return self._each(self._asking.all_invitations(state=state, email=email))
