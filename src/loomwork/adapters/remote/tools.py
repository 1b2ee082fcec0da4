"""`Tools` and `Plugins` of a plugins service, as neighbours know them."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from loomwork.adapters.remote.line import Line
from loomwork.engine.variables import File
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import BrokenExchange, ModelUnavailable, read_as
from loomwork.plugins.api import Manifest, PluginInfo, PluginInvalid, failure_heard
from loomwork.tools.api import (
    Caller,
    CredentialInfo,
    ToolInfo,
    ToolResult,
    ToolsetInfo,
    ToolUnavailable,
)

T = TypeVar("T")

PATH = "/internal/v1/plugins/"
SERVICE = "plugins service"


def silent(_text: str) -> None:
    """Nobody listens."""


class RemoteTools:
    """Implements `Tools`. Retries, credentials and the trail are those of the other side."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def toolsets(self, scope: Scope) -> Sequence[ToolsetInfo]:
        """See `Tools.toolsets`."""
        return await _asked(self._line, "toolsets", {"scope": scope}, list[ToolsetInfo])

    async def toolset(self, scope: Scope, toolset_id: str) -> ToolsetInfo:
        """See `Tools.toolset`."""
        return await _asked(self._line, "toolset", {"scope": scope, "toolset_id": toolset_id}, ToolsetInfo)

    async def find(self, scope: Scope, name: str) -> ToolInfo:
        """See `Tools.find`."""
        return await _asked(self._line, "find", {"scope": scope, "name": name}, ToolInfo)

    async def call(
        self,
        scope: Scope,
        name: str,
        arguments: Mapping[str, Any],
        *,
        key: str,
        caller: Caller | None = None,
        credential: str | None = None,
        tell: Callable[[str], None] = silent,
        seconds: float | None = None,
        most: int | None = None,
    ) -> ToolResult:
        """See `Tools.call`."""
        how = {"key": key, "caller": caller, "credential": credential, "seconds": seconds, "most": most}
        asked = {"scope": scope, "name": name, "arguments": _wired(arguments), **how}
        return await _asked(self._line, "call", asked, ToolResult, tell)

    async def output(self, scope: Scope, output_id: str) -> bytes:
        """See `Tools.output`."""
        told = await _asked(self._line, "output", {"scope": scope, "output_id": output_id}, str)
        return b64decode(told)

    async def switch(self, scope: Scope, name: str, *, on: bool) -> None:
        """See `Tools.switch`."""
        await _asked(self._line, "switch", {"scope": scope, "name": name, "on": on}, _Nothing)

    async def save_credential(
        self, scope: Scope, toolset_id: str, values: Mapping[str, str], *, name: str = "default"
    ) -> CredentialInfo:
        """See `Tools.save_credential`."""
        asked = {"scope": scope, "toolset_id": toolset_id, "values": dict(values), "name": name}
        return await _asked(self._line, "save_credential", asked, CredentialInfo)

    async def remove_credential(self, scope: Scope, toolset_id: str, credential_id: str) -> None:
        """See `Tools.remove_credential`."""
        asked = {"scope": scope, "toolset_id": toolset_id, "credential_id": credential_id}
        await _asked(self._line, "remove_credential", asked, _Nothing)

    async def problem(self) -> str | None:
        """What keeps the service from being used, in a sentence that strangers may read."""
        return await self._line.problem()

    async def close(self) -> None:
        """Close the connections. Used again afterwards, it begins afresh."""
        await self._line.close()


class RemotePlugins:
    """Implements `Plugins` of the machine that the service runs on."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def all(self, scope: Scope) -> Sequence[PluginInfo]:
        """See `Plugins.all`."""
        return [_plugin(each) for each in await _asked(self._line, "plugins", {"scope": scope}, list[Any])]

    async def get(self, scope: Scope, plugin_id: str) -> PluginInfo:
        """See `Plugins.get`."""
        return _plugin(await _asked(self._line, "plugin", {"scope": scope, "plugin_id": plugin_id}, _Anything))

    async def install(
        self, scope: Scope, given: Path | bytes | str, *, say: Callable[[str], None] = silent
    ) -> PluginInfo:
        """See `Plugins.install`. The service reads no path of another machine, so a package is sent as its bytes."""
        if isinstance(given, Path):
            raise PluginInvalid("Plugins run in a service of their own: install there, or with --server.")
        package = {"requirement": given} if isinstance(given, str) else {"content": b64encode(given).decode("ascii")}
        return _plugin(await _asked(self._line, "install", {"scope": scope, **package}, _Anything, say))

    async def switch(self, scope: Scope, plugin_id: str, *, on: bool) -> PluginInfo:
        """See `Plugins.switch`."""
        asked = {"scope": scope, "plugin_id": plugin_id, "on": on}
        return _plugin(await _asked(self._line, "switch_plugin", asked, _Anything))

    async def remove(self, scope: Scope, plugin_id: str) -> None:
        """See `Plugins.remove`."""
        await _asked(self._line, "remove_plugin", {"scope": scope, "plugin_id": plugin_id}, _Nothing)


_Nothing: Any = None
_Anything: Any = dict


async def _asked(
    line: Line, method: str, asked: Mapping[str, Any], kind: type[T], tell: Callable[[str], None] = silent
) -> T:
    """Raises what the other side raises, and `ToolUnavailable` where there is none, or none that is understood."""
    try:
        async with aclosing(line.ask(method, asked)) as lines:
            async for said in lines:
                match said:
                    case {"told": str(text)}:
                        tell(text)
                    case {"result": result}:
                        return read_as(kind, result)
                    case {"error": error}:
                        raise failure_heard(error)
    except ModelUnavailable as error:
        raise ToolUnavailable(error.message, unsent=error.cause == "not_configured") from None
    except BrokenExchange as problem:
        raise ToolUnavailable(f"The plugins service is not understood ({problem}).") from None
    raise ToolUnavailable("The plugins service ended its answer before it was complete.")


def _plugin(told: Mapping[str, Any]) -> PluginInfo:
    try:
        return read_as(PluginInfo, {**told, "manifest": Manifest.model_validate(told["manifest"])})
    except (BrokenExchange, KeyError, ValueError) as error:
        raise ToolUnavailable(f"The plugins service is not understood ({type(error).__name__}).") from None


def _wired(value: Any) -> Any:
    """Arguments as JSON, files as they stand in the JSON of apps."""
    if isinstance(value, File):
        return value.wire()
    if isinstance(value, Mapping):
        return {name: _wired(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_wired(each) for each in value]
    return value
