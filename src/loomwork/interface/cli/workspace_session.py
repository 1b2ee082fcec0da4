"""Which workspace a command speaks to, and how it gets there."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.text import Text

from loomwork.interface.cli.host import Host
from loomwork.interface.cli.naming import NAMED, is_whole, whole_id
from loomwork.interface.cli.options import Data, InNamed, Key, Server, host_of
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace import Workspace
from loomwork.kernel.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Where:
    """`--data`, or `--server` with `--key`. `makes`: a data folder that is not there yet is made. `name`: the workspace
    of the data folder, by id or slug; the first where absent.
    """

    data: str | None
    server: str | None
    key: str | None
    makes: bool = False
    name: str | None = None


class InWorkspace:
    """Does things in the workspace that a command's options name. Raises `InvalidInput` where they contradict."""

    def __init__(self, host: Host, where: Where) -> None:
        self.host = host
        self._where = where

    @property
    def is_remote(self) -> bool:
        """Whether a server is asked."""
        return self._where.server is not None

    def __call__(self, work: Callable[[Workspace], Awaitable[T]]) -> T:
        return asyncio.run(self._work(work))

    async def _work(self, work: Callable[[Workspace], Awaitable[T]]) -> T:
        made = self._would_make()
        async with _workspace(self.host, self._where) as workspace:
            done = await work(workspace)
        if made is not None:
            # Whoever stands in another folder than they think would otherwise look for their apps in vain.
            Screen().note(Text(f"A new workspace was made in {made}", style="dim"))
        return done

    def _would_make(self) -> Path | None:
        """The data folder, where this command is about to make a workspace in it."""
        if not self._where.makes or self._where.server is not None:
            return None
        machine = self.host.machine(self._where.data)
        return None if machine.has_workspace else machine.data


def workspace_command(function: Callable[..., None], *, makes: bool = False) -> Callable[..., None]:
    """The command with `--data`, `--server`, `--key` and `--workspace`; an `InWorkspace` of what they say is its first
    argument.
    """

    @functools.wraps(function)
    def command(context: typer.Context, **given: Any) -> None:
        data, server, key, name = (given.pop(option) for option in _OPTIONS)
        in_workspace = InWorkspace(host_of(context), Where(data, server, key, makes, name))
        function(in_workspace, **_with_whole_ids(in_workspace, given))

    _, *own = inspect.signature(function).parameters.values()
    parameters = [
        inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *own,
        *(
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)
            for name, annotation in _OPTIONS.items()
        ),
    ]
    # What the options of a command are is read from its signature.
    command.__dict__["__signature__"] = inspect.Signature(parameters)
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def _with_whole_ids(in_workspace: InWorkspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a command, with ids where people gave names or parts of ids."""
    short = {each: given[each] for each in NAMED if given.get(each) and not is_whole(given[each])}
    if not short:
        return dict(given)

    async def look_up(workspace: Workspace) -> dict[str, Any]:
        return {each: await whole_id(workspace, NAMED[each], said) for each, said in short.items()}

    return {**given, **in_workspace(look_up)}


making_command = functools.partial(workspace_command, makes=True)
"""The same, where a data folder that is not there yet is made."""

_OPTIONS = {"data": Data, "server": Server, "key": Key, "workspace_name": InNamed}


def _workspace(host: Host, where: Where) -> AbstractAsyncContextManager[Workspace]:
    if where.server is None:
        if where.key is not None:
            raise InvalidInput("--key belongs to --server URL; the data folder needs none.")
        return host.workspace(where.data, makes=where.makes, name=where.name)
    if where.name is not None:
        raise InvalidInput("--workspace belongs to --data; a key opens the workspace that it was made in.")
    if where.data is not None:
        raise InvalidInput("Choose one: --data for the folder, or --server for a server.")
    if where.key is None:
        raise InvalidInput("--server needs --key lw-...; `loomwork keys create` makes one on the server's machine.")
    # Here, because an HTTP client takes longer to import than a command on the data folder takes to run.
    from loomwork.interface.cli.remote_workspace import remote_workspace

    return remote_workspace(where.server, where.key)
