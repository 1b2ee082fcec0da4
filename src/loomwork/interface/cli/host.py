"""What the commands are handed by the composition root; each part is built when a command asks for it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from loomwork.apps.application.compile_flow import FlowCompiler
    from loomwork.apps.application.embedded_flow import EmbeddedFlow
    from loomwork.interface.cli.workspace import Workspace
    from loomwork.kernel.scope import Scope
    from loomwork.model_gateway.api import LocalModels, Models


class SettingLine(Protocol):
    """One setting as people are shown it; `value` is never a secret."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def default(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def secret(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """Where things are, or would be, on this machine. `console` is None where it has not been built. `has_workspace`:
    whether there is something in the data folder, or in the database that stands in for it.
    """

    data: Path
    cache: Path
    host: str
    port: int
    console: Path | None
    has_workspace: bool = False
    secret_key: str = ""
    """Where the key that seals credentials comes from, in words."""


class Runtime(Protocol):
    """What runs flows in this process, open for as long as a command needs it."""

    @property
    def scope(self) -> "Scope": ...
    @property
    def compiler(self) -> "FlowCompiler": ...
    @property
    def models(self) -> "Models": ...
    @property
    def local_models(self) -> "LocalModels": ...

    def code_jail(self) -> tuple[str | None, str | None]:
        """What holds code on this machine, or why nothing does and what to do about it, in a sentence. It is tried."""
        ...

    def document_walls(self) -> str:
        """What keeps the processes that read documents from the rest of this machine."""
        ...

    def flow(
        self,
        text: str | bytes,
        *,
        model: str | None = None,
        mocks: Mapping[str, Mapping[str, Any]] | None = None,
        mock_outside: bool = False,
    ) -> "EmbeddedFlow":
        """Compile a document. Raises `DslError`."""
        ...


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line says about a server; None leaves it to the settings."""

    host: str | None = None
    port: str | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers. `link` signs the owner in, once; `link_command` makes another, from any folder."""

    url: str
    link: str
    data: Path
    link_command: str


class Kept(Protocol):
    """What a backup holds: rows by table, names of files, and when it was made."""

    @property
    def made_at(self) -> datetime: ...
    @property
    def rows(self) -> Mapping[str, int]: ...
    @property
    def files(self) -> Sequence[str]: ...


class Host(Protocol):
    """The composition, as commands see it. Everything may raise `LoomworkError` for a setting that is wrong."""

    @property
    def version(self) -> str: ...

    @property
    def debug(self) -> bool:
        """Whether what breaks is to be shown with its trace."""
        ...

    def settings(self) -> Sequence[SettingLine]: ...

    def machine(self, data: str | None = None) -> Machine: ...

    def runtime(self) -> AbstractAsyncContextManager[Runtime]: ...

    def workspace(
        self, data: str | None, *, makes: bool, name: str | None = None
    ) -> "AbstractAsyncContextManager[Workspace]":
        """The workspace of that id or slug in the data folder; where none is named, the one in use or the first.
        Raises `NotFound` where there is none and none is to be made.
        """
        ...

    async def use_workspace(self, data: str | None, name: str) -> str:
        """Have the workspace of that id or slug be the one where none is named; its slug. Raises `NotFound`."""
        ...

    def serve(self, options: ServeOptions, on_ready: Callable[[Serving], None]) -> None:
        """Serve until interrupted."""
        ...

    def serve_inference(self, options: ServeOptions, on_ready: Callable[[str], None]) -> None:
        """Serve models to other processes until interrupted; `on_ready` is told the address."""
        ...

    def serve_plugins(self, options: ServeOptions, on_ready: Callable[[str], None]) -> None:
        """Serve tools and plugins to other processes until interrupted; `on_ready` is told the address."""
        ...

    def back_up(self, data: str | None, file: Path, *, with_keys: bool) -> Kept:
        """Write the installation into a new file. Raises `NotFound` where there is none."""
        ...

    def restore(self, data: str | None, file: Path) -> Kept:
        """Make an empty installation what the file holds."""
        ...

    async def rotate_secrets(self, data: str | None) -> int:
        """Seal every workspace's credentials anew; how many. Raises `NotFound` where there is no installation."""
        ...
