"""Tools, plugins and the code of apps alone in a process: called for the other processes of an installation, whose
database says what workspaces have switched, stored and imported. Plugins lie in the data folder of this one.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import uvicorn

from loomwork.adapters.remote.sandbox import code_door
from loomwork.adapters.storage.sql import Storage, StorageFailed, open_storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.tools import SqlToolCredentialStore
from loomwork.bootstrap.access_log import log_config
from loomwork.bootstrap.gathering import GatheringProtocol
from loomwork.bootstrap.inference import KEPT_SECONDS
from loomwork.bootstrap.listening import STOP_SECONDS, StoppableServer, bound_socket
from loomwork.bootstrap.readiness import WriteProbe
from loomwork.bootstrap.secret_key import FILE, keyring
from loomwork.bootstrap.settings import Settings, is_loopback, without_password
from loomwork.bootstrap.wiring import ModelRoom, ModelStores, ToolStores, open_models
from loomwork.interface.http.internal.app import InternalOptions, create_plugins_app
from loomwork.interface.http.services import ReadyProbe
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class PluginService:
    """Tools and plugins, and how their parts stand."""

    room: ModelRoom
    ready: ReadyProbe


@asynccontextmanager
async def open_plugins(settings: Settings) -> AsyncIterator[PluginService]:
    """Tools and plugins for as long as the block lasts. Raises `InvalidInput` for a database that cannot be used."""
    async with AsyncExitStack() as closing:
        storage = await _storage(settings)
        closing.push_async_callback(storage.close)
        probe = WriteProbe(storage.database.probe, SystemClock())
        # Whatever it is pointed at, it is the one that calls them.
        room = _room(replace(settings, plugins_url=None), storage)
        closing.push_async_callback(room.close)

        async def ready() -> Mapping[str, str | None]:
            return {"plugins": None, "database": await probe.problem()}

        yield PluginService(room, ready)


async def serve_plugins(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Serve until the process is asked to stop. `on_ready` is told the address once questions are answered.

    Raises `InvalidInput` where others could ask and no key is set, `Conflict` where the port is taken.
    """
    host, port = settings.plugins_host, settings.plugins_port
    _check_reach(settings)
    with bound_socket(host, port) as listening:
        async with open_plugins(settings) as service:
            url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"

            async def announce() -> None:
                on_ready(url)

            server = StoppableServer(_config(service, settings), announce, _nothing)
            await server.serve(sockets=[listening])


def _check_reach(settings: Settings) -> None:
    if settings.internal_key is None and not is_loopback(settings.plugins_host):
        raise InvalidInput(
            f"Other machines could reach {settings.plugins_host}. Set LOOMWORK_INTERNAL_KEY, here and where tools are "
            "called from, to what `openssl rand -base64 32` prints; or listen on 127.0.0.1."
        )


async def _storage(settings: Settings) -> Storage:
    if settings.given_database_url is None:
        raise InvalidInput(
            "What workspaces have switched on is in the installation's database: set LOOMWORK_DATABASE_URL, the same "
            "here and where tools are called from."
        )
    if not settings.secret_keys and not (settings.data / FILE).exists():
        raise InvalidInput(
            "The stored credentials cannot be opened without their key. Set LOOMWORK_SECRET_KEY as it is set where "
            f"they are stored, or name the data folder that holds its {FILE} with --data."
        )
    try:
        return await open_storage(settings.given_database_url, clock=SystemClock())
    except StorageFailed as error:
        url = without_password(settings.given_database_url)
        raise InvalidInput(f"The database {url} cannot be used: {str(error.details['reason']).rstrip('.')}.") from error


def _room(settings: Settings, storage: Storage) -> ModelRoom:
    credentials = SqlCredentialStore(storage.database, keyring(settings), SystemClock())
    tools = ToolStores(
        storage.tool_switches,
        SqlToolCredentialStore(credentials),
        storage.tool_calls,
        storage.tool_outputs,
        storage.tool_apis,
        storage.tool_servers,
        storage.plugins,
    )
    stores = ModelStores(credentials, storage.routes, storage.accounts)
    return open_models(settings, stores=stores, tool_stores=tools, stored_files=storage.files)


def _config(service: PluginService, settings: Settings) -> uvicorn.Config:
    options = InternalOptions(host=settings.plugins_host, key=settings.internal_key)
    room = service.room
    return uvicorn.Config(
        create_plugins_app(room.tools, room.plugins, code_door(room.sandbox), options, ready=service.ready),
        http=GatheringProtocol,
        lifespan="off",
        log_level=settings.log_level,
        log_config=log_config(),
        access_log=settings.log_level == "debug",
        server_header=False,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


async def _nothing() -> None:
    """There are no runs to let go of."""
