"""`loomwork runs`: look at the runs of the workspace, and pause, answer, stop and repeat them."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from loomwork.interface.cli.amounts import seconds
from loomwork.interface.cli.failures import DONE, FAILED, PAUSED
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.messages import App, EndUser, Environment, Search, Since, Source, Until, Version, filters
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace import RunFacts, Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import InvalidInput, LoomworkError

STATUS_EXIT = {"failed": FAILED, "stopped": FAILED, "paused": PAUSED}
MARKS = {"succeeded": "ok", "partial-succeeded": "warn", "failed": "fail", "paused": "stop", "stopped": "stop"}

RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its end; `loomwork runs list` shows it.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork runs`."""
    runs = group(help="The runs of the workspace's apps.")
    runs.command("list", cls=CalmCommand)(list_runs)
    for command in (show, answer, pause, resume, stop, replay):
        runs.command(cls=CalmCommand)(command)
    return runs


@workspace_command
def list_runs(
    in_workspace: InWorkspace,
    app: App = None,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="WORD", help="succeeded, failed, ...; may be repeated.")
    ] = None,
    user: EndUser = None,
    version: Version = None,
    environment: Environment = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    search: Search = "",
    as_json: AsJson = False,
) -> None:
    """List the newest hundred runs, or those that fit.

    \b
    Examples:
      loomwork runs list
      loomwork runs list --app 0197... --json
      loomwork runs list --status failed --environment prod --since 2026-01-31
    """
    wanted = filters(
        app_id=app, status=status, end_user=user, version=version, environment=environment, source=source,
        since=since, until=until, text=search,
    )  # fmt: skip
    found, apps = in_workspace(lambda workspace: _runs_and_apps(workspace, wanted))
    screen = Screen()
    if as_json:
        for run in found:
            screen.json(run)
    elif found:
        _show_list(screen, found, apps)
    else:
        screen.note("No runs.")


async def _runs_and_apps(
    workspace: Workspace, wanted: Mapping[str, str | Sequence[str]]
) -> tuple[Sequence[RunFacts], dict[str, str]]:
    apps = {app.id: app.name for app in await workspace.list_apps()}
    return await workspace.life.list_runs(wanted), apps


def _show_list(screen: Screen, runs: Sequence[RunFacts], apps: Mapping[str, str]) -> None:
    from loomwork.interface.cli.tables import table

    rows = [
        (
            screen.id(run["id"]),
            apps.get(run["app_id"]) or run["app_id"],
            run["status"],
            run["created_at"][:19].replace("T", " "),
            screen.id(str(run.get("origin_id") or "-")),
        )
        for run in runs
    ]
    screen.show(table(("Run", "App", "Status", "Began", "Repeats"), rows, spare=("Repeats",)))


@workspace_command
def show(in_workspace: InWorkspace, run_id: RunId, as_json: AsJson = False) -> None:
    """Show how a run stands, node by node, and what it asks people.

    \b
    Example:
      loomwork runs show 0197...
    """
    _told(in_workspace, lambda workspace: workspace.get_run(run_id), as_json=as_json)


def _told(in_workspace: InWorkspace, work: Callable[[Workspace], Awaitable[RunFacts]], *, as_json: bool) -> RunFacts:
    """The run that the work comes to, once it was shown."""

    async def run_and_titles(workspace: Workspace) -> tuple[RunFacts, Mapping[str, str]]:
        run = await work(workspace)
        return run, {} if as_json else await _titles(workspace, run["app_id"])

    run, titles = in_workspace(run_and_titles)
    _report(Screen(), run, titles, as_json=as_json)
    return run


async def _titles(workspace: Workspace, app_id: str) -> Mapping[str, str]:
    """The titles of an app's nodes by their ids; nothing where the app is gone."""
    from loomwork.dsl import read_document

    try:
        graph = read_document(await workspace.export_app(app_id)).graph
    except LoomworkError:
        return {}
    return {node.id: node.title for node in graph.nodes} if graph is not None else {}


@workspace_command
def answer(
    in_workspace: InWorkspace,
    run_id: RunId,
    action: Annotated[str, typer.Option("--action", metavar="ID", help="The way to answer; `runs show` lists them.")],
    node: Annotated[
        str | None, typer.Option("--node", metavar="ID", help="The node that asks, where several questions are open.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("-i", "--input", metavar="NAME=VALUE", help="A field of the form; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer what a run asks. Fields that are not given keep their first value.

    \b
    Example:
      loomwork runs answer 0197... --action approve -i comment="Well done."
    """
    run = in_workspace(lambda workspace: workspace.get_run(run_id))
    question = _question(run, node)
    told = {"node_id": question["node_id"], "frame": question["frame"], "action": action}
    told["values"] = _form_values(question["form"].get("fields") or (), values or ())
    _told(in_workspace, lambda workspace: workspace.answer_run(run_id, told), as_json=as_json)


def _form_values(fields: Sequence[Mapping[str, Any]], given: Sequence[str]) -> dict[str, Any]:
    types = {str(field["name"]): field["type"] for field in fields}
    values = {str(field["name"]): field.get("default") or "" for field in fields}
    for name, value in _pairs(given, "-i"):
        if name not in types:
            raise InvalidInput(f"The form has no field {name[:60]!r}. It has: {', '.join(types) or 'none'}.")
        values[name] = _value(value) if types[name] in ("file", "file-list") else value
    return values


def _question(run: RunFacts, node_id: str | None) -> Mapping[str, Any]:
    asked = [each for each in run.get("questions") or () if node_id in (None, each["node_id"])]
    if not asked:
        raise InvalidInput("This run asks nothing there now. `loomwork runs show` says how it stands.")
    nodes = {each["node_id"] for each in asked}
    if len(nodes) > 1:
        raise InvalidInput(f"Several nodes ask: {', '.join(sorted(nodes))}. Choose one with --node ID.")
    first: Mapping[str, Any] = asked[0]
    return first


@workspace_command
def pause(in_workspace: InWorkspace, run_id: RunId) -> None:
    """Have a run rest once its nodes in flight have ended.

    \b
    Example:
      loomwork runs pause 0197...
    """
    in_workspace(lambda workspace: workspace.pause_run(run_id))
    Screen().done("Asked to rest; `loomwork runs resume` has it go on.")


@workspace_command
def resume(in_workspace: InWorkspace, run_id: RunId, as_json: AsJson = False) -> None:
    """Have a run go on that was paused.

    \b
    Example:
      loomwork runs resume 0197...
    """
    _told(in_workspace, lambda workspace: workspace.resume_run(run_id), as_json=as_json)


@workspace_command
def stop(in_workspace: InWorkspace, run_id: RunId) -> None:
    """Stop a run; one that has ended is left as it is.

    \b
    Example:
      loomwork runs stop 0197...
    """
    in_workspace(lambda workspace: workspace.stop_run(run_id))
    Screen().done("Asked to stop.")


@workspace_command
def replay(
    in_workspace: InWorkspace,
    run_id: RunId,
    node: Annotated[
        str | None,
        typer.Option("--from", metavar="NODE", help="Run this node and all after it; keep what the others left."),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("-i", "--input", metavar="NAME=VALUE", help="Another value for an input; may be repeated."),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="NODE.NAME=VALUE", help="What a node is to have left, as JSON or text."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Repeat a run that has ended: whole, or from a node on.

    Exit status: 0 done or going, 1 failed or stopped, 2 refused, 3 paused.

    \b
    Examples:
      loomwork runs replay 0197...
      loomwork runs replay 0197... --from summarise --output fetch.body="Another text"
    """
    request: dict[str, Any] = {"node_id": node} if node is not None else {}
    if inputs:
        request["inputs"] = dict(_pairs(inputs, "-i"))
    if outputs:
        request["outputs"] = _outputs(outputs)
    new = _told(in_workspace, lambda workspace: workspace.replay_run(run_id, request), as_json=as_json)
    raise typer.Exit(STATUS_EXIT.get(str(new["status"]), DONE))


def _outputs(pairs: Sequence[str]) -> dict[str, dict[str, Any]]:
    outputs: dict[str, dict[str, Any]] = {}
    for place, value in _pairs(pairs, "--output"):
        node_id, dot, name = place.rpartition(".")
        if not (node_id and dot and name):
            raise InvalidInput(f"--output takes NODE.NAME=VALUE, and {place[:60]!r} names no node.")
        outputs.setdefault(node_id, {})[name] = _value(value)
    return outputs


def _pairs(given: Sequence[str], option: str) -> list[tuple[str, str]]:
    # Here, so that asking for help does not load what checks forms.
    from loomwork.interface.cli.given import name_and_value

    return [name_and_value(pair, option) for pair in given]


def _value(text: str) -> Any:
    """An object, a list, a number or a word of JSON as what it is; everything else as a text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _report(screen: Screen, run: RunFacts, titles: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        screen.json(run)
        return
    status = str(run["status"])
    took = f"in {seconds(run['elapsed_ms'])}" if run.get("elapsed_ms") else ""
    screen.show(screen.line(MARKS.get(status, "retry"), f"{run['id']} {status}", Text(took, style="dim")))
    if run.get("origin_id"):
        screen.show(Text(f"  repeats {run['origin_id']} from {run['origin_node_id'] or 'its beginning'}", style="dim"))
    if run.get("error"):
        screen.show(Text(f"  {harmless(str(run['error']['message']))}"))
    for node_id, node in (run.get("nodes") or {}).items():
        screen.show(Text(f"  {harmless(_called(node_id, titles))}  {node['status']}", style="dim"))
    for name, value in (run.get("outputs") or {}).items():
        screen.show(Text(f"  {harmless(name)} = {harmless(value if isinstance(value, str) else json.dumps(value))}"))
    for question in run.get("questions") or ():
        _show_question(screen, question)


def _called(node_id: str, titles: Mapping[str, str]) -> str:
    """A node by its title, and by its id as well, which `--from` and `--node` take."""
    return f"{titles[node_id]} ({node_id})" if titles.get(node_id) else node_id


def _show_question(screen: Screen, question: Mapping[str, Any]) -> None:
    screen.show(Text(f"\n{harmless(str(question['title']))} ({harmless(question['node_id'])}) asks:", style="bold"))
    screen.show(Text(f"  {harmless(str(question['form'].get('content') or ''))}"))
    for field in question["form"].get("fields") or ():
        screen.show(Text(f"  -i {harmless(str(field['name']))}=...  ({field['type']})", style="dim"))
    for action in question["actions"]:
        screen.show(Text(f"  --action {harmless(str(action['id']))}  {harmless(str(action.get('title') or ''))}"))
