"""What the suites of ports over records share: an open database, two workspaces, and something to put into them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from loomwork.adapters.storage.sql import Storage, open_storage
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.apps.domain import App, Run
from loomwork.conversations.api import Conversation, Message
from loomwork.kernel.ids import AppId, ConversationId, MessageId, RunId, WorkspaceId, new_id
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.application import ensure_installation
from tests.postgres_server import KINDS, PostgresServer, postgres_server

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def advance(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=KINDS)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a row, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/loomwork.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.emptied()


@pytest.fixture
async def storage(url: str, clock: SetClock) -> AsyncIterator[Storage]:
    storage = await open_storage(url, clock=clock)
    yield storage
    await storage.close()


@pytest.fixture
async def reopened(url: str, clock: SetClock, storage: Storage) -> AsyncIterator[Callable[[], Awaitable[Storage]]]:
    """Ends the first storage and opens another on the same database, as a restart does."""
    opened: list[Storage] = []

    async def restart() -> Storage:
        await storage.close()
        opened.append(await open_storage(url, clock=clock))
        return opened[-1]

    yield restart
    for another in opened:
        await another.close()


@pytest.fixture
async def ours(storage: Storage, clock: SetClock) -> Scope:
    return await ensure_installation(storage.gatekeeper_store, clock)


@pytest.fixture
async def theirs(storage: Storage) -> Scope:
    """Another workspace of the same database."""
    workspace = WorkspaceId(new_id())
    row = {"id": workspace, "slug": "theirs", "name": "Theirs", "created_at": NOON}
    await storage.database.change(insert(workspaces).values(row))
    return Scope(workspace, Actor("person", "somebody"))


class Make:
    """Valid things; whatever a test cares about is named by it."""

    def app(self, **given: Any) -> App:
        app = App(
            id=AppId(new_id()),
            name="Summary",
            description="Summarises",
            mode="workflow",
            icon="🧵",
            icon_background="#fff",
            document="app:\n  name: Summary\n",
            node_count=3,
            warnings=1,
            created_at=NOON,
            updated_at=NOON,
        )
        return replace(app, **given)

    def run(self, app: App, **given: Any) -> Run:
        run = Run(
            id=RunId(new_id()),
            app_id=app.id,
            version=None,
            status="queued",
            inputs={"text": "hello"},
            query=None,
            source="api",
            end_user="somebody",
            created_at=NOON,
        )
        return replace(run, **given)

    def conversation(self, app: App, **given: Any) -> Conversation:
        conversation = Conversation(
            id=ConversationId(new_id()),
            app_id=app.id,
            end_user="somebody",
            name="Talk",
            inputs={"tone": "kind"},
            variables={},
            created_at=NOON,
            updated_at=NOON,
        )
        return replace(conversation, **given)

    def message(self, conversation: Conversation, run: Run, **given: Any) -> Message:
        message = Message(
            id=MessageId(new_id()),
            conversation_id=conversation.id,
            run_id=run.id,
            query="Why?",
            answer="",
            status="running",
            created_at=NOON,
        )
        return replace(message, **given)


@pytest.fixture
def make() -> Make:
    return Make()
