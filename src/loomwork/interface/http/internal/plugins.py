"""Every method of `Tools` and of `Plugins` by its name, and the running of code, as questions that lines answer."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from loomwork.interface.http.errors import log_unexpected
from loomwork.interface.http.internal.models import Answer
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import BrokenExchange, line_of, read_as
from loomwork.plugins.api import PluginInfo, Plugins, failure_told
from loomwork.tools.api import Caller, Tools, ToolUnavailable

Tell = Callable[[str], None]
CodeDoor = Callable[[Mapping[str, Any]], Callable[[], Awaitable[Mapping[str, Any]]]]
"""Makes of a question about code the work that answers it. Raises `BrokenExchange`."""


class PluginMethods:
    """The doors of tools, plugins and code, opened by name."""

    def __init__(self, tools: Tools, plugins: Plugins, code: CodeDoor) -> None:
        self._tools = tools
        self._plugins = plugins
        self._code = code
        self.by_name: Mapping[str, Answer] = {
            "toolsets": lambda asked: _told(lambda _: tools.toolsets(_scope(asked))),
            "toolset": lambda asked: _told(lambda _: tools.toolset(_scope(asked), _text(asked, "toolset_id"))),
            "find": lambda asked: _told(lambda _: tools.find(_scope(asked), _text(asked, "name"))),
            "call": self._call,
            "output": lambda asked: _told(lambda _: tools.output(_scope(asked), _text(asked, "output_id"))),
            "switch": lambda asked: _told(
                lambda _: tools.switch(_scope(asked), _text(asked, "name"), on=asked.get("on") is True)
            ),
            "save_credential": self._save_credential,
            "remove_credential": lambda asked: _told(
                lambda _: tools.remove_credential(
                    _scope(asked), _text(asked, "toolset_id"), _text(asked, "credential_id")
                )
            ),
            "plugins": lambda asked: _told(lambda _: self._all(_scope(asked))),
            "plugin": lambda asked: _told(lambda _: _shown(plugins.get(_scope(asked), _text(asked, "plugin_id")))),
            "install": self._install,
            "switch_plugin": lambda asked: _told(
                lambda _: _shown(plugins.switch(_scope(asked), _text(asked, "plugin_id"), on=asked.get("on") is True))
            ),
            "remove_plugin": lambda asked: _told(lambda _: plugins.remove(_scope(asked), _text(asked, "plugin_id"))),
            "run_code": self._run_code,
        }

    def _call(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        caller = asked.get("caller")
        given = {
            "key": _text(asked, "key"),
            "caller": read_as(Caller, caller) if caller is not None else None,
            "credential": read_as(_Words, asked.get("credential")),
            "seconds": read_as(_Number, asked.get("seconds")),
            "most": read_as(_Count, asked.get("most")),
        }
        arguments, scope, name = _map(asked, "arguments"), _scope(asked), _text(asked, "name")
        return _told(lambda tell: self._tools.call(scope, name, arguments, tell=tell, **given))

    def _save_credential(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        scope, values = _scope(asked), read_as(dict[str, str], asked.get("values"))
        toolset_id, name = _text(asked, "toolset_id"), _text(asked, "name")
        return _told(lambda _: self._tools.save_credential(scope, toolset_id, values, name=name))

    def _install(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        scope, requirement = _scope(asked), asked.get("requirement")
        given = requirement if isinstance(requirement, str) else _content(_text(asked, "content"))
        return _told(lambda tell: _shown(self._plugins.install(scope, given, say=tell)))

    def _run_code(self, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
        work = self._code(asked)
        return _told(lambda _: work())

    async def _all(self, scope: Scope) -> list[Mapping[str, Any]]:
        return [_plain(each) for each in await self._plugins.all(scope)]


_Words: Any = str | None
_Number: Any = float | None
_Count: Any = int | None


async def _shown(plugin: Awaitable[PluginInfo]) -> Mapping[str, Any]:
    return _plain(await plugin)


def _plain(plugin: PluginInfo) -> Mapping[str, Any]:
    return {
        "manifest": plugin.manifest.model_dump(mode="json"),
        "digest": plugin.digest,
        "source": plugin.source,
        "installed_at": plugin.installed_at,
        "enabled": plugin.enabled,
    }


async def _told(work: Callable[[Tell], Awaitable[Any]]) -> AsyncIterator[bytes]:
    """What is told on the way, line by line, and then the result or the error."""
    said: asyncio.Queue[str | None] = asyncio.Queue()
    working = asyncio.ensure_future(work(said.put_nowait))
    working.add_done_callback(lambda _: said.put_nowait(None))
    try:
        while (text := await said.get()) is not None:
            yield line_of({"told": text})
        yield _ended(working)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _ended(working: "asyncio.Future[Any]") -> bytes:
    error = working.exception()
    if error is None:
        return line_of({"result": working.result()})
    if not isinstance(error, LoomworkError):
        reference = log_unexpected("/internal/v1/plugins", error)
        problem = f"Something went wrong in the plugins service. Its log has the details under {reference}."
        error = ToolUnavailable(problem, reference=reference)
    return line_of({"error": failure_told(error)})


def _scope(asked: Mapping[str, Any]) -> Scope:
    return read_as(Scope, asked.get("scope"))


def _text(asked: Mapping[str, Any], name: str) -> str:
    found = asked.get(name)
    if not isinstance(found, str):
        raise BrokenExchange(f"`{name}` is no text")
    return found


def _map(asked: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = asked.get(name)
    if not isinstance(found, dict):
        raise BrokenExchange(f"`{name}` is no object")
    return found


def _content(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        raise BrokenExchange("`content` is no base64") from None
