"""`loomwork tools`: what apps and agents can call, tried by hand."""

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from loomwork.interface.cli.credential_values import pair, values_for
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.reading import read_stdin
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.tool_apis import add, remove
from loomwork.interface.cli.tool_servers import server_commands
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput, NotFound

ToolName = Annotated[str, typer.Argument(metavar="TOOLSET/TOOL", help="`loomwork tools list` shows them.")]
AnyName = Annotated[str, typer.Argument(metavar="TOOLSET[/TOOL]", help="All tools of a toolset, or one.")]
ToolsetName = Annotated[str, typer.Argument(metavar="TOOLSET", help="`loomwork tools list` shows them.")]
Given = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="NAME=VALUE", help="An argument; a value that is JSON counts as such."),
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field that is no secret; may be repeated.")
]
Named = Annotated[str, typer.Option("--name", metavar="NAME", help="What the credential is called.")]
Stored = Annotated[str | None, typer.Option("--credential", metavar="ID|NAME", help="One that is stored.")]
KeyStdin = Annotated[bool, typer.Option("--key-stdin", help="Read the secret from standard input.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork tools`."""
    tools = group(help="What apps and agents can call.")
    tools.command("list", cls=CalmCommand)(list_tools)
    for command in (show, call, enable, disable, add, remove):
        tools.command(cls=CalmCommand)(command)
    credentials = group(help="What lets tools in where they ask.")
    credentials.command("list", cls=CalmCommand)(list_credentials)
    credentials.command("set", cls=CalmCommand)(set_credential)
    credentials.command("remove", cls=CalmCommand)(remove_credential)
    tools.add_typer(credentials, name="credentials")
    tools.add_typer(server_commands(group), name="servers")
    return tools


@workspace_command
def list_tools(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the tools of the workspace.

    \b
    Example:
      loomwork tools list
    """
    found = in_workspace(lambda workspace: workspace.tool_desk.list_tools())
    screen = Screen()
    if as_json:
        for toolset in found:
            screen.json(toolset)
        return
    from loomwork.interface.cli.tables import table

    rows = [(tool["name"], tool["effect"], _state(toolset, tool)) for toolset in found for tool in toolset["tools"]]
    screen.show(table(("Tool", "Effect", "State"), rows))
    _show_problems(screen, found)


def _show_problems(screen: Screen, toolsets: Sequence[Facts]) -> None:
    for toolset in toolsets:
        for problem in toolset["problems"]:
            screen.note(screen.line("fail", f"{toolset['id']}: {problem}"))


def _state(toolset: Facts, tool: Facts) -> Text:
    if not tool["enabled"]:
        return Text("off", style="dim")
    return Text("ready", style="green") if toolset["configured"] else Text("wants credentials", style="dim")


@workspace_command
def show(in_workspace: InWorkspace, toolset: ToolsetName, as_json: AsJson = False) -> None:
    """Show what tools take, and what lets them in.

    \b
    Example:
      loomwork tools show time
    """
    found = in_workspace(lambda workspace: workspace.tool_desk.show_toolset(toolset.partition("/")[0]))
    screen = Screen()
    if as_json:
        return screen.json(found)
    screen.show(Text(harmless(f"{found['label']}: {found['description']}")))
    for tool in found["tools"]:
        screen.show(Text(""))
        screen.show(Text.assemble((tool["name"], "bold"), harmless(f"  {tool['description']}")))
        for name, schema in tool["input_schema"].get("properties", {}).items():
            screen.show(Text(harmless(_parameter(name, schema, name in tool["input_schema"].get("required", ())))))
    for field in found["fields"]:
        screen.show(Text(harmless(f"\ncredential {field['name']}: {field['help'] or field['label']}")))
    return _show_problems(screen, [found])


def _parameter(name: str, schema: Any, required: bool) -> str:
    said = schema if isinstance(schema, dict) else {}
    about = [str(said.get("type", "any")), *(["required"] if required else [])]
    if "default" in said:
        about.append(f"default {json.dumps(said['default'], ensure_ascii=False)}")
    return f"    {name} ({', '.join(about)})  {said.get('description', '')}"


@workspace_command
def call(
    in_workspace: InWorkspace,
    tool: ToolName,
    given: Given = None,
    credential: Stored = None,
    as_json: AsJson = False,
) -> None:
    """Call a tool, as an app would.

    \b
    Examples:
      loomwork tools call time/current_time -i timezone=Europe/Paris
      loomwork tools call calculator/eval_expression -i 'expression=2*21' --json
    """
    named = [pair(each, "-i takes NAME=VALUE") for each in given or ()]
    arguments = {name: _value(text) for name, text in named}
    result = in_workspace(lambda workspace: workspace.tool_desk.call(tool, arguments, credential))
    screen = Screen()
    if as_json:
        return screen.json(result)
    if result["text"]:
        screen.say(f"{result['text']}\n")
    elif result["json"]:
        for value in result["json"]:
            screen.json(value)
    for file in result["files"]:
        screen.note(screen.line("ok", f"made the file {harmless(str(file['filename']))}; --json has its bytes"))
    return None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@making_command
def enable(in_workspace: InWorkspace, name: AnyName) -> None:
    """Switch tools on; the next call feels it.

    \b
    Example:
      loomwork tools enable slack
    """
    in_workspace(lambda workspace: workspace.tool_desk.switch(name, on=True))
    screen = Screen()
    screen.note(screen.line("ok", f"{harmless(name)} is on."))


@making_command
def disable(in_workspace: InWorkspace, name: AnyName) -> None:
    """Switch tools off; the next call feels it.

    \b
    Examples:
      loomwork tools disable slack
      loomwork tools disable tavily/tavily_extract
    """
    in_workspace(lambda workspace: workspace.tool_desk.switch(name, on=False))
    screen = Screen()
    screen.note(screen.line("ok", f"{harmless(name)} is off."))


@workspace_command
def list_credentials(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the credentials of tools; what they hold is never shown.

    \b
    Example:
      loomwork tools credentials list
    """
    found = in_workspace(lambda workspace: workspace.tool_desk.list_tools())
    rows = [{"toolset": toolset["id"], **each} for toolset in found for each in toolset["credentials"]]
    screen = Screen()
    if as_json:
        for row in rows:
            screen.json(row)
        return
    from loomwork.interface.cli.tables import table

    shown = [(row["toolset"], row["name"], f"...{row['hint']}" if row["hint"] else "-", row["id"]) for row in rows]
    screen.show(table(("Toolset", "Name", "Ends in", "Id"), shown))


@making_command
def set_credential(
    in_workspace: InWorkspace,
    toolset: ToolsetName,
    fields: Setting = None,
    name: Named = "default",
    key_stdin: KeyStdin = False,
    as_json: AsJson = False,
) -> None:
    """Store a credential, encrypted, in the place of the one of its name. Secrets are asked for.

    \b
    Examples:
      loomwork tools credentials set tavily
      loomwork tools credentials set tavily --key-stdin < key.txt
    """
    given = dict(pair(each) for each in fields or ())
    piped = read_stdin().decode("utf-8", "replace").strip() if key_stdin else None
    known = in_workspace(lambda workspace: workspace.tool_desk.show_toolset(toolset))
    if not known["fields"]:
        raise InvalidInput(f"{known['label']} needs no credentials.")
    values = values_for(known["fields"], given, piped)
    made = in_workspace(lambda workspace: workspace.tool_desk.save_credential(toolset, values, name))
    screen = Screen()
    if as_json:
        screen.json(made)
    else:
        screen.note(screen.line("ok", f"{known['label']} has a credential {harmless(name)!r}."))


@workspace_command
def remove_credential(
    in_workspace: InWorkspace,
    toolset: ToolsetName,
    credential: Annotated[str, typer.Argument(metavar="ID|NAME", help="The credential.")] = "default",
) -> None:
    """Remove a credential.

    \b
    Example:
      loomwork tools credentials remove tavily
    """

    async def work(workspace: Workspace) -> None:
        stored = (await workspace.tool_desk.show_toolset(toolset))["credentials"]
        found = [each["id"] for each in stored if credential in (each["id"], each["name"])]
        if not found:
            raise NotFound(f"{toolset[:80]} has no credential {credential[:80]!r}.")
        await workspace.tool_desk.remove_credential(toolset, found[0])

    in_workspace(work)
    screen = Screen()
    screen.note(screen.line("ok", "Removed."))
