"""Check what is asked, write the run down, and have it executed."""

import contextlib
import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from loomwork.apps.api import NotPublished, RunRequest
from loomwork.apps.application.begin_flow import notices_of, resolve_models
from loomwork.apps.application.check_inputs import checked_inputs
from loomwork.apps.application.compile_flow import Flow, FlowCompiler
from loomwork.apps.application.given_files import GivenFiles, file_ids
from loomwork.apps.application.publish_app import published_document
from loomwork.apps.domain import App, Environment, Run
from loomwork.apps.domain.run import FILES, HISTORY, key_of
from loomwork.apps.ports import AppStore, Dispatcher, FileStore, RunAdmission, RunStore
from loomwork.conversations.api import Conversation, ConversationStore, Message
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound
from loomwork.kernel.ids import ConversationId, MessageId, RunId, new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels

NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class RunStart:
    """Everything that starting a run needs."""

    apps: AppStore
    runs: RunStore
    conversations: ConversationStore
    models: ChatModels
    compiler: FlowCompiler
    dispatcher: Dispatcher
    clock: Clock
    admission: RunAdmission
    files: FileStore | None = None

    async def __call__(
        self, scope: Scope, request: RunRequest, *, run_id: RunId | None = None, parent_id: RunId | None = None
    ) -> Run:
        """The run, queued. Raises what `Apps.start_run` says, and `Conflict` where there is a run `run_id` already.
        `parent_id` is the run that this one is a step of.
        """
        app = await self.apps.get(scope, request.app_id)
        version, environment, text = await self._asked_for(scope, app, request)
        flow = await self.compiler.compile_kept(text)
        flow.runnable()
        inputs = await self._given(scope, app, flow, request, parent_id)
        resolved = await resolve_models(scope, flow, self.models, bindings=app.bindings)
        run = Run(
            id=run_id or RunId(new_id()),
            app_id=app.id,
            version=version,
            environment=environment,
            document=text if version is None else None,
            status="queued",
            inputs={**inputs, **_history(request)},
            query=request.query,
            source=request.source,
            end_user=request.end_user,
            created_at=self.clock.now(),
            notices=notices_of(flow, resolved),
            parent_id=parent_id,
            key_id=key_of(scope),
        )
        if parent_id is not None:
            # It takes no place of its own: the run that waits for it was let in.
            return await self._begin(scope, flow, app, run, request)
        async with self.admission.starting(scope, app.id, run.end_user):
            return await self._begin(scope, flow, app, run, request)

    async def _given(
        self, scope: Scope, app: App, flow: Flow, request: RunRequest, parent_id: RunId | None
    ) -> dict[str, Any]:
        """The inputs of the form, and what `sys.files` is given beside them, as the run keeps them."""
        inputs = checked_inputs(flow.document.form, request.inputs)
        if request.files:
            inputs[FILES] = list(request.files)
        trusted: Collection[str] = ()
        if parent_id is not None and file_ids(inputs):
            trusted = file_ids((await self.runs.get(scope, parent_id)).inputs)
        given = GivenFiles(self.files, self.clock)
        return await given.known(scope, app.id, request.end_user, inputs, form=flow.document.form, trusted=trusted)

    async def _begin(self, scope: Scope, flow: Flow, app: App, run: Run, request: RunRequest) -> Run:
        if flow.is_chat:
            run = await self._as_turn(scope, flow, app, run, request)
        try:
            await self._write_down(scope, run)
        except Exception:
            await self._forget_what_was_begun(scope, run, request)
            raise
        await self.dispatcher.enqueue(scope, run.id, step=run.parent_id is not None)
        return run

    async def _asked_for(
        self, scope: Scope, app: App, request: RunRequest
    ) -> tuple[int | None, Environment | None, str]:
        """The number, the environment and the document of the version that is to run; the draft has neither of both."""
        if request.version is not None:
            return request.version, None, (await self.apps.get_version(scope, app.id, request.version)).document
        environment: Environment | None = "prod" if request.published else request.environment
        if environment is None:
            return None, None, app.document
        if environment == "prod":
            return app.published_version, environment, await published_document(scope, app, apps=self.apps)
        standing = (await self.apps.environments(scope, app.id)).get(environment)
        if standing is None:
            raise NotPublished(
                f"No version of '{app.name}' stands in '{environment}'. Publish one there, then try again."
            )
        version = await self.apps.get_version(scope, app.id, standing.number)
        return version.number, environment, version.document

    async def _write_down(self, scope: Scope, run: Run) -> None:
        await self.runs.add(scope, run)
        if run.conversation_id is not None:
            try:
                await self._add_message(scope, run)
            except Exception as error:
                await self._end_unbegun(scope, run, error)
                raise

    async def _end_unbegun(self, scope: Scope, run: Run, error: Exception) -> None:
        """A run whose turn cannot be written down would be queued for ever: nobody executes it. Whatever keeps it from
        being ended, the caller is told why it did not begin.
        """
        code = error.code if isinstance(error, LoomworkError) else LoomworkError.code
        why = {"code": code, "message": "The turn could not be written down, so the run did not begin."}
        ended = dataclasses.replace(run, status="failed", error=why, finished_at=self.clock.now())
        with contextlib.suppress(Exception):
            await self.runs.save(scope, ended)

    async def _forget_what_was_begun(self, scope: Scope, run: Run, request: RunRequest) -> None:
        """A conversation that was begun for a run which cannot be written down would be an empty one in people's
        lists. Whatever keeps it from being taken away, the caller is told why the run was not written down.
        """
        if run.conversation_id is not None and request.conversation_id is None:
            with contextlib.suppress(Exception):
                await self.conversations.delete_conversation(scope, run.conversation_id)

    async def _as_turn(self, scope: Scope, flow: Flow, app: App, run: Run, request: RunRequest) -> Run:
        """The run as a turn of its conversation, which is begun where none is named."""
        query = (request.query or "").strip()
        if not query:
            raise InvalidInput("This is a chat app: it needs a query to answer.", field="query")
        conversation_id = request.conversation_id
        if conversation_id is None:
            conversation_id = await self._begin_conversation(scope, flow, app, run, query)
        else:
            await self._check_conversation(scope, app, conversation_id, request)
        return dataclasses.replace(run, conversation_id=conversation_id, message_id=MessageId(new_id()))

    async def _check_conversation(
        self, scope: Scope, app: App, conversation_id: ConversationId, request: RunRequest
    ) -> None:
        """A conversation belongs to one app and to the person who began it."""
        conversation = await self.conversations.get_conversation(scope, conversation_id)
        if conversation.app_id != app.id or conversation.end_user != request.end_user:
            raise NotFound("There is no such conversation in this app.", field="conversation_id")

    async def _begin_conversation(self, scope: Scope, flow: Flow, app: App, run: Run, query: str) -> ConversationId:
        conversation = Conversation(
            id=ConversationId(new_id()),
            app_id=app.id,
            end_user=run.end_user,
            name=query[:NAME_LENGTH],
            inputs=run.inputs,
            variables=flow.document.conversation_variables,
            created_at=run.created_at,
            updated_at=run.created_at,
        )
        await self.conversations.add_conversation(scope, conversation)
        return conversation.id

    async def _add_message(self, scope: Scope, run: Run) -> None:
        assert run.conversation_id is not None
        assert run.message_id is not None
        message = Message(
            id=run.message_id,
            conversation_id=run.conversation_id,
            run_id=run.id,
            query=run.query or "",
            answer="",
            status="running",
            created_at=run.created_at,
            inputs=run.inputs,
        )
        await self.conversations.add_message(scope, message)


def _history(request: RunRequest) -> dict[str, Any]:
    """What is kept beside the inputs of the form."""
    return {HISTORY: [list(turn) for turn in request.history]} if request.history else {}
