"""The entry of the `loomwork` command: reads the settings and hands the commands what they need, when they need it."""

import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from loomwork import __version__
from loomwork.bootstrap.in_use import use_workspace, workspace_in_use
from loomwork.bootstrap.own_command import sign_in_link_command
from loomwork.bootstrap.settings import SettingLine, Settings, describe_settings, read_settings
from loomwork.interface.cli.app import run_cli
from loomwork.interface.cli.host import Kept, Machine, ServeOptions, Serving
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Origin, Scope

if TYPE_CHECKING:
    from loomwork.bootstrap.embedded import EmbeddedRuntime
    from loomwork.bootstrap.workspace import Workspace as Installation
    from loomwork.interface.cli.workspace import Workspace


def main() -> None:
    """What the console script calls."""
    sys.exit(run_cli(CommandHost(os.environ), sys.argv[1:]))


class CommandHost:
    """Fits `interface.cli.host.Host`. Nothing is imported before a command needs it, so `--help` answers at once."""

    version = __version__

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @property
    def debug(self) -> bool:
        return self._environment.get("LOOMWORK_LOG_LEVEL", "").strip().lower() == "debug"

    @cached_property
    def _settings(self) -> Settings:
        settings = read_settings(self._environment)
        _log_to_stderr(settings)
        return settings

    def settings(self) -> Sequence[SettingLine]:
        from loomwork.adapters.catalog.provider_files import CatalogReader
        from loomwork.bootstrap.package_data import catalog_dir

        catalog = CatalogReader([catalog_dir() / "providers"]).read()
        cards = [provider.card for _, provider in sorted(catalog.providers.items())]
        return describe_settings(self._settings, cards)

    def machine(self, data: str | None = None) -> Machine:
        from loomwork.bootstrap.package_data import console_dir
        from loomwork.bootstrap.secret_key import origin_of_keys

        settings = self._with_data(data)
        return Machine(
            data=settings.data.absolute(),
            cache=settings.cache_dir.absolute(),
            host=settings.host,
            port=settings.port,
            console=console_dir(),
            has_workspace=_has_workspace(settings),
            secret_key=origin_of_keys(settings),
        )

    def runtime(self) -> "AbstractAsyncContextManager[EmbeddedRuntime]":
        from loomwork.bootstrap.embedded import open_runtime

        return open_runtime(self._settings)

    @asynccontextmanager
    async def workspace(self, data: str | None, *, makes: bool, name: str | None = None) -> "AsyncIterator[Workspace]":
        settings = self._with_data(data)
        if not makes:
            _check_workspace_exists(settings)
        from loomwork.bootstrap.data_lock import server_of
        from loomwork.bootstrap.workspace import open_workspace
        from loomwork.interface.cli.life_desk import LifeDoors
        from loomwork.interface.cli.local_people import LocalPeople
        from loomwork.interface.cli.local_workspace import LocalWorkspace, ModelRooms
        from loomwork.interface.cli.sign_on_desk import LocalSignOn

        async with open_workspace(settings) as opened:
            server = server_of(settings.data)
            address = server or _address(settings.host, settings.port)
            rooms = ModelRooms(
                opened.room.models, opened.room.local_models, opened.room.providers, opened.room.accounts
            )
            owner = await _owner(opened, settings.data, name)
            scope = replace(owner, origin=Origin("cli"))
            stores = opened.storage
            life = LifeDoors(opened.apps, opened.life, stores.message_log, stores.annotations)
            desk = LocalPeople(
                opened.people,
                opened.invitations,
                opened.gatekeeper,
                scope,
                await opened.owner_id(),
                settings.public_url or address,
            )
            yield LocalWorkspace(
                opened.apps,
                opened.gatekeeper,
                scope,
                address,
                server=server,
                rooms=rooms,
                audit=opened.audit,
                life_doors=life,
                members=opened.members,
                workspaces=opened.workspaces,
                people_desk=desk,
                takeout=opened.takeout,
                limits=opened.limits,
                tools=opened.room.tools,
                apis=opened.room.apis,
                servers=opened.room.servers,
                plugins=opened.room.plugins,
                sign_on_desk=LocalSignOn(opened.sso, settings.public_url or address),
                knowledge=opened.knowledge.knowledge,
                work_on_knowledge=opened.knowledge.work_on_next,
            )

    async def use_workspace(self, data: str | None, name: str) -> str:
        settings = self._with_data(data)
        _check_workspace_exists(settings)
        from loomwork.bootstrap.workspace import open_workspace

        async with open_workspace(settings) as opened:
            scope = await opened.workspaces.owner_of(name)
            slug = (await opened.workspaces.get(scope)).slug
        use_workspace(settings.data, scope.workspace_id)
        return slug

    def serve(self, options: ServeOptions, on_ready: Callable[[Serving], None]) -> None:
        settings = read_settings(self._environment, host=options.host, port=options.port, data=options.data)
        _log_to_stderr(settings)
        # Here, because the server's libraries take longer to import than all other commands take to run.
        from loomwork.bootstrap.collector import spare_what_stays, wait_with_collecting
        from loomwork.bootstrap.left_out import leave_out

        wait_with_collecting()
        leave_out()
        from loomwork.bootstrap.monolith import Ready, serve
        from loomwork.bootstrap.server_loop import run_server

        def ready(told: Ready) -> None:
            data = settings.data.absolute()
            on_ready(Serving(told.url, told.sign_in_url, data, sign_in_link_command(data)))
            spare_what_stays()

        _unwind_when_asked_to_stop()
        run_server(serve(settings, host=settings.host, port=settings.port, on_ready=ready))

    def serve_inference(self, options: ServeOptions, on_ready: Callable[[str], None]) -> None:
        settings = read_settings(
            self._environment, inference_host=options.host, inference_port=options.port, data=options.data
        )
        _log_to_stderr(settings)
        from loomwork.bootstrap.collector import spare_what_stays
        from loomwork.bootstrap.inference import serve_inference
        from loomwork.bootstrap.server_loop import run_server

        def ready(url: str) -> None:
            on_ready(url)
            spare_what_stays()

        _unwind_when_asked_to_stop()
        run_server(serve_inference(settings, on_ready=ready))

    def serve_plugins(self, options: ServeOptions, on_ready: Callable[[str], None]) -> None:
        settings = read_settings(
            self._environment, plugins_host=options.host, plugins_port=options.port, data=options.data
        )
        _log_to_stderr(settings)
        from loomwork.bootstrap.plugins import serve_plugins
        from loomwork.bootstrap.server_loop import run_server

        _unwind_when_asked_to_stop()
        run_server(serve_plugins(settings, on_ready=on_ready))

    def back_up(self, data: str | None, file: Path, *, with_keys: bool) -> Kept:
        settings = self._with_data(data)
        _check_workspace_exists(settings)
        from loomwork.bootstrap.backing_up import back_up

        return back_up(settings, file, with_keys=with_keys, clock=SystemClock())

    def restore(self, data: str | None, file: Path) -> Kept:
        from loomwork.bootstrap.backing_up import restore

        return restore(self._with_data(data), file)

    async def rotate_secrets(self, data: str | None) -> int:
        settings = self._with_data(data)
        _check_workspace_exists(settings)
        from loomwork.adapters.storage.sql import open_storage
        from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
        from loomwork.adapters.storage.sql.people import SqlPeopleStore
        from loomwork.bootstrap.secret_key import keyring

        storage = await open_storage(settings.database_url)
        try:
            keys = keyring(settings)
            credentials = SqlCredentialStore(storage.database, keys, SystemClock())
            await credentials.rewrap_all()
            # Else an older secret key could not go: second factors would lie under it still.
            await SqlPeopleStore(storage.database, keys).rewrap()
            return await credentials.rotate_all()
        finally:
            await storage.close()

    def _with_data(self, data: str | None) -> Settings:
        return self._settings if data is None else read_settings(self._environment, data=data)


def _unwind_when_asked_to_stop() -> None:
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked_to_stop, _interrupt)


def _interrupt(*_: object) -> None:
    """Unwind everything that is open. By itself SIGTERM would end the process on the spot, and SIGINT would cancel the
    task that closes the workspace before its runs have been written down.
    """
    raise KeyboardInterrupt


async def _owner(opened: "Installation", data: Path, name: str | None) -> Scope:
    """The scope of the owner of the workspace that a command means: the one that it names, the one in use, or the
    first. Raises `NotFound`.
    """
    if name is not None:
        return await opened.workspaces.owner_of(name)
    used = workspace_in_use(data)
    if used is None:
        return opened.owner
    try:
        return await opened.workspaces.owner_of(used)
    except NotFound:
        raise NotFound(
            "The workspace in use is there no more. Choose another: loomwork workspaces use default."
        ) from None


def _check_workspace_exists(settings: Settings) -> None:
    """To look into a folder must not fill it."""
    if not _has_workspace(settings):
        raise NotFound(
            f"There is no workspace in {settings.data.absolute()}. If yours is elsewhere, name its folder with --data "
            "or LOOMWORK_DATA; `loomwork up` or `loomwork import` makes a new one."
        )


def _has_workspace(settings: Settings) -> bool:
    return settings.given_database_url is not None or settings.database_file.is_file()


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _log_to_stderr(settings: Settings) -> None:
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
