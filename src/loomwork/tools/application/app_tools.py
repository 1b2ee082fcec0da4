"""Apps of the workspace as tools: each published one is a toolset `app.<its id>` with one tool."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.kernel.scope import Scope
from loomwork.tools.api import CallableApp, CallableApps
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.tool import LONGEST_TIMEOUT, ToolCard
from loomwork.tools.ports import Tool, Toolset

KIND = "app"
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")
LONGEST_SLUG = 48


def slug_of(name: str) -> str:
    """What an app is called where only letters, digits and `_` are: empty where its name has none of these."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_IN_SLUGS.sub("_", plain).strip("_")[:LONGEST_SLUG].strip("_")


@dataclass(frozen=True, slots=True)
class AppTool:
    """Implements `Tool`: a call is a run of the app."""

    card: ToolCard
    app: CallableApp
    apps: CallableApps

    async def call(self, call: ToolCall) -> ToolResult:
        """See `Tool.call`."""
        return await self.apps.call(
            call.scope, self.app, call.arguments, key=call.key, caller=call.caller, tell=call.tell
        )


class AppTools:
    """Implements `ToolSource`. A toolset is known by the slug of its app's name too (`app.translate_a_text`): the
    newest of several apps of one name.
    """

    kind = KIND

    def __init__(self, apps: CallableApps) -> None:
        self._apps = apps

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """See `ToolSource.toolsets`."""
        return [self._toolset(app) for app in await self._apps.listed(scope)]

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """See `ToolSource.toolset`."""
        wanted = toolset_id.removeprefix(f"{KIND}.")
        app = await self._apps.find(scope, wanted)
        if app is None:
            named = [each for each in await self._apps.listed(scope) if slug_of(each.name) == wanted]
            app = named[0] if named else None
        return self._toolset(app) if app is not None else None

    def _toolset(self, app: CallableApp) -> Toolset:
        name = slug_of(app.name) or "run"
        card = ToolCard(
            name=name,
            label=app.name,
            description=app.description or f"Runs the app {app.name}.",
            input_schema=app.input_schema,
            # An app may do whatever its steps do.
            effect="write",
            repeatable=False,
            timeout=LONGEST_TIMEOUT,
            aliases=("run",) if name != "run" else (),
        )
        tools: dict[str, Tool] = {name: AppTool(card, app, self._apps)}
        return Toolset(f"{KIND}.{app.id}", app.name, tools, description=app.description)
