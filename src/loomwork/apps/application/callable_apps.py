"""Published apps as tools of their workspace: what each takes, and a call of it as a run."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loomwork.apps.api import App, FormField, RunRequest
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.run_subflow import SOURCE, SubflowRunner
from loomwork.apps.ports import AppStore
from loomwork.dsl import DslError
from loomwork.engine.variables import File
from loomwork.engine.variables.files import FILE_MARK
from loomwork.engine.variables.rendering import plain
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.kernel.ids import AppId, RunId, derived_id
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.nodes import SubflowRequest, SubflowResult
from loomwork.tools.api import CallableApp, Caller, ToolFailed, ToolRefused, ToolResult

MOST_LISTED = 200
"""Apps that are listed as tools; all others can be called by their ids."""
MOST_KEPT = 1000
"""Versions whose forms are remembered."""
DONE = frozenset({"succeeded", "partial-succeeded"})
CHAT = frozenset({"advanced-chat", "chat", "agent-chat"})
QUERY = {"type": "string", "description": "What the app is asked."}


class PublishedApps:
    """Fits `tools.api.CallableApps`."""

    def __init__(self, apps: AppStore, compiler: FlowCompiler, runner: SubflowRunner) -> None:
        self._apps = apps
        self._compiler = compiler
        self._runner = runner
        # A version never changes, so what it takes is read once.
        self._schemas: OrderedDict[tuple[str, str, int], Mapping[str, Any]] = OrderedDict()

    async def listed(self, scope: Scope) -> Sequence[CallableApp]:
        """See `CallableApps.listed`."""
        found: list[CallableApp] = []
        page = PageRequest(limit=100)
        while len(found) < MOST_LISTED:
            some = await self._apps.list_apps(scope, page)
            made = [await self._callable(scope, app) for app in some.items]
            found += [each for each in made if each is not None]
            if some.next is None:
                break
            page = PageRequest(limit=100, after=some.next)
        return found[:MOST_LISTED]

    async def find(self, scope: Scope, app_id: str) -> CallableApp | None:
        """See `CallableApps.find`."""
        try:
            return await self._callable(scope, await self._apps.get(scope, AppId(app_id)))
        except NotFound:
            return None

    async def call(
        self,
        scope: Scope,
        app: CallableApp,
        arguments: Mapping[str, Any],
        *,
        key: str,
        caller: Caller,
        tell: Callable[[str], None],
    ) -> ToolResult:
        """See `CallableApps.call`."""
        inputs = {name: _wired(value) for name, value in arguments.items() if name != "query"}
        query = arguments.get("query")
        try:
            if caller.run_id is None:
                asked = RunRequest(AppId(app.id), inputs, query, published=True, version=app.version, source=SOURCE)
                run_id = RunId(derived_id(RunId(app.id), key))
                return _left(await self._runner.run_alone(scope, asked, run_id, tell))
            await self._refuse_circles(scope, caller.run_id, app)
            step = SubflowRequest(caller.run_id, key, app.id, app.version, inputs, query)
            return _left(await self._runner.run(scope, step, tell))
        except ToolFailed:
            raise
        except LoomworkError as error:
            raise ToolRefused(f"The app '{app.name}' could not be run: {error.message}", reason=error.code) from error

    async def _refuse_circles(self, scope: Scope, above: RunId | None, app: CallableApp) -> None:
        """A model that calls an app which calls it would hardly ever find an end."""
        while above is not None:
            run = await self._runner.start.runs.get(scope, above)
            if run.app_id == app.id:
                raise ToolRefused(f"The app '{app.name}' is being run already, on the way to here.", reason="circle")
            above = run.parent_id

    async def _callable(self, scope: Scope, app: App) -> CallableApp | None:
        if app.published_version is None or not app.runnable:
            return None
        try:
            schema = await self._schema(scope, app, app.published_version)
        except (DslError, NotFound):
            return None
        return CallableApp(str(app.id), app.name, app.description, app.published_version, schema)

    async def _schema(self, scope: Scope, app: App, number: int) -> Mapping[str, Any]:
        place = (str(scope.workspace_id), str(app.id), number)
        kept = self._schemas.get(place)
        if kept is not None:
            self._schemas.move_to_end(place)
            return kept
        version = await self._apps.get_version(scope, app.id, number)
        flow = await self._compiler.compile_kept(version.document)
        schema = schema_of(flow.document.form, asked=app.mode in CHAT)
        self._schemas[place] = schema
        while len(self._schemas) > MOST_KEPT:
            self._schemas.popitem(last=False)
        return schema


def schema_of(form: Sequence[FormField], *, asked: bool) -> Mapping[str, Any]:
    """The JSON Schema of what an app takes: its form, and for a chat app what it is asked."""
    properties = {field.variable: _property(field) for field in form if not (asked and field.variable == "query")}
    required = [field.variable for field in form if field.required and field.variable in properties]
    if asked:
        properties, required = {"query": QUERY, **properties}, ["query", *required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _property(field: FormField) -> dict[str, Any]:
    said = {"title": field.label, "description": field.description}
    return {name: text for name, text in said.items() if text} | _kind(field)


def _kind(field: FormField) -> dict[str, Any]:
    file = {"type": "object", "format": "file"}
    match field.type:
        case "number":
            return {"type": "number"}
        case "checkbox":
            return {"type": "boolean"}
        case "select":
            return {"type": "string", "enum": list(field.options)} if field.options else {"type": "string"}
        case "json_object":
            return {"type": "object"}
        case "file":
            return file
        case "file-list":
            return {"type": "array", "items": file}
        case _:
            return {"type": "string"}


def _wired(value: Any) -> Any:
    """As a run keeps it, files in wire form."""
    return plain(value) if isinstance(value, File | list | tuple | dict) else value


def _left(result: SubflowResult) -> ToolResult:
    """What the app leaves: a chat app's answer, or the only text of a workflow, is the text."""
    if result.status not in DONE:
        error = result.error or {}
        message = str(error.get("message") or f"it ended as {result.status}")
        raise ToolFailed(f"The app '{result.app_name}' failed: {message}", reason=str(error.get("code") or ""))
    outputs = dict(result.outputs)
    files = [file for value in outputs.values() for file in _files(value)]
    if result.answer is not None:
        return ToolResult(result.answer, json=[{"answer": result.answer, **outputs}], files=files)
    values = list(outputs.values())
    is_text = len(values) == 1 and isinstance(values[0], str)
    text = values[0] if is_text else json.dumps(outputs, ensure_ascii=False)
    return ToolResult(text, json=[outputs], files=files, variables=outputs)


def _files(value: Any) -> list[File]:
    """Those that an output is, or is a list of."""
    each = value if isinstance(value, list) else [value]
    marked = [one for one in each if isinstance(one, dict) and one.get("dify_model_identity") == FILE_MARK]
    return [File.from_wire(one) for one in marked]
