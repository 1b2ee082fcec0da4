"""The gateway alone in a process: models for the other processes of an installation, and nothing that it keeps.

It knows the shipped catalog, that of its data folder, and the credentials of its environment. Pointed at the
installation's database, it also uses the stored credentials, routes and budgets there, and writes the ledger. All of
that is in the database, so that any number of these processes may answer.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import uvicorn

from loomwork.adapters.storage.sql import Storage, StorageFailed, open_storage
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.bootstrap.access_log import log_config
from loomwork.bootstrap.gathering import GatheringProtocol
from loomwork.bootstrap.listening import STOP_SECONDS, StoppableServer, bound_socket
from loomwork.bootstrap.readiness import WriteProbe
from loomwork.bootstrap.secret_key import FILE, keyring
from loomwork.bootstrap.settings import Settings, is_loopback, without_password
from loomwork.bootstrap.wiring import ModelRoom, ModelStores, open_models
from loomwork.interface.http.internal.app import InternalOptions, create_internal_app
from loomwork.interface.http.services import ReadyProbe
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput

KEPT_SECONDS = 60
"""How long an idle connection is kept: longer than the other side keeps it, so that none is closed while it is used."""


@dataclass(frozen=True, slots=True)
class Inference:
    """The gateway, and how its parts stand."""

    room: ModelRoom
    ready: ReadyProbe


@asynccontextmanager
async def open_inference(settings: Settings) -> AsyncIterator[Inference]:
    """The gateway for as long as the block lasts. Raises `InvalidInput` for a database that cannot be used."""
    async with AsyncExitStack() as closing:
        storage = await _storage(settings)
        stores, probe = None, None
        if storage is not None:
            closing.push_async_callback(storage.close)
            stores = _stores(settings, storage)
            probe = WriteProbe(storage.database.probe, SystemClock())
        # Whatever it is pointed at, it is the one that calls the models.
        room = open_models(replace(settings, inference_url=None), stores=stores)
        closing.push_async_callback(room.close)

        async def ready() -> Mapping[str, str | None]:
            return {"models": None} if probe is None else {"models": None, "database": await probe.problem()}

        yield Inference(room, ready)


async def serve_inference(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Serve until the process is asked to stop. `on_ready` is told the address once questions are answered.

    Raises `InvalidInput` where others could ask and no key is set, `Conflict` where the port is taken.
    """
    host, port = settings.inference_host, settings.inference_port
    check_reach(settings)
    with bound_socket(host, port) as listening:
        async with open_inference(settings) as inference:
            url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"

            async def announce() -> None:
                on_ready(url)

            server = StoppableServer(_config(inference, settings), announce, _nothing)
            await server.serve(sockets=[listening])


def check_reach(settings: Settings) -> None:
    """Raises `InvalidInput` where other machines could ask and no key is set."""
    if settings.internal_key is None and not is_loopback(settings.inference_host):
        raise InvalidInput(
            f"Other machines could reach {settings.inference_host}. Set LOOMWORK_INTERNAL_KEY, here and where models "
            "are asked from, to what `openssl rand -base64 32` prints; or listen on 127.0.0.1."
        )


async def _storage(settings: Settings) -> Storage | None:
    if settings.given_database_url is None:
        return None
    try:
        return await open_storage(settings.given_database_url, clock=SystemClock())
    except StorageFailed as error:
        url = without_password(settings.given_database_url)
        raise InvalidInput(f"The database {url} cannot be used: {str(error.details['reason']).rstrip('.')}.") from error


def _stores(settings: Settings, storage: Storage) -> ModelStores:
    if not settings.secret_keys and not (settings.data / FILE).exists():
        raise InvalidInput(
            "The stored credentials cannot be opened without their key. Set LOOMWORK_SECRET_KEY as it is set where "
            f"they are stored, or name the data folder that holds its {FILE} with --data."
        )
    credentials = SqlCredentialStore(storage.database, keyring(settings), SystemClock())
    return ModelStores(credentials, storage.routes, storage.accounts)


def _config(inference: Inference, settings: Settings) -> uvicorn.Config:
    options = InternalOptions(host=settings.inference_host, key=settings.internal_key)
    room = inference.room
    return uvicorn.Config(
        create_internal_app(room.models, room.local_models, options, ready=inference.ready),
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
