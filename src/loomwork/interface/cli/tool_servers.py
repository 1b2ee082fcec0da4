"""`loomwork tools servers`: servers of MCP, whose tools are tools of the workspace once they are approved."""

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
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput

ServerName = Annotated[str, typer.Argument(metavar="NAME", help="`loomwork tools servers list` shows them.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="Of its endpoint for streamable HTTP, often .../mcp.")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is called here; else by its host.")]
Auth = Annotated[
    str | None, typer.Option("--auth", metavar="KIND[:NAME]", help="none, bearer, header:NAME or oauth; else none.")
]
KeyStdin = Annotated[bool, typer.Option("--key-stdin", help="Read the secret from standard input.")]
Effects = Annotated[
    list[str] | None, typer.Option("--effect", metavar="TOOL=EFFECT", help="read, write, egress or spend.")
]
Preview = Annotated[bool, typer.Option("--preview", help="Show what it offers, and keep nothing.")]
Tools = Annotated[list[str] | None, typer.Argument(metavar="[TOOL]...", help="Those alone; else all.")]


def server_commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork tools servers`."""
    servers = group(help="Servers of MCP, whose tools are called from here.")
    servers.command("list", cls=CalmCommand)(list_servers)
    servers.command("show", cls=CalmCommand)(show_server)
    servers.command("add", cls=CalmCommand)(add_server)
    servers.command("refresh", cls=CalmCommand)(refresh_server)
    servers.command("approve", cls=CalmCommand)(approve_server)
    servers.command("sign-in", cls=CalmCommand)(sign_in)
    servers.command("remove", cls=CalmCommand)(remove_server)
    return servers


@workspace_command
def list_servers(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the servers of MCP that were added.

    \b
    Example:
      loomwork tools servers list
    """
    found = in_workspace(lambda workspace: workspace.tool_desk.list_servers())
    screen = Screen()
    if as_json:
        for server in found:
            screen.json(server)
        return
    if not found:
        screen.note("There are none. Add one: loomwork tools servers add https://host/mcp")
        return
    from loomwork.interface.cli.tables import table

    rows = [(each["name"], each["url"], str(len(each["tools"])), _waiting(each)) for each in found]
    screen.show(table(("Name", "Address", "Tools", "To approve"), rows))


@workspace_command
def show_server(in_workspace: InWorkspace, name: ServerName, as_json: AsJson = False) -> None:
    """Show what a server offered when it was asked last.

    \b
    Example:
      loomwork tools servers show issues
    """
    found = in_workspace(lambda workspace: workspace.tool_desk.show_server(name))
    _show(Screen(), found, as_json)


@making_command
def add_server(
    in_workspace: InWorkspace,
    url: Url,
    name: Name = None,
    auth: Auth = None,
    key_stdin: KeyStdin = False,
    effect: Effects = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Add a server of MCP, and approve what it offers. What it changes later is called once it is approved again.

    \b
    Examples:
      loomwork tools servers add https://mcp.example.com/mcp --preview
      loomwork tools servers add https://mcp.example.com/mcp --name issues --auth bearer --effect search=read
    """
    said: dict[str, Any] = {"url": url, "name": name, **_auth(auth)}
    said["effects"] = dict(pair(each, "--effect takes TOOL=EFFECT") for each in effect or ()) or None
    if said.get("auth") in ("bearer", "header"):
        piped = read_stdin().decode("utf-8", "replace").strip() if key_stdin else None
        said["values"] = values_for([_FIELD], {}, piped)
    given = {key: value for key, value in said.items() if value is not None}
    made = in_workspace(lambda workspace: workspace.tool_desk.add_server(given, preview=preview))
    screen = Screen()
    _show(screen, made, as_json)
    if as_json:
        return
    count = f"{len(made['tools'])} {'tool' if len(made['tools']) == 1 else 'tools'}"
    if preview:
        screen.note(screen.line("ok", f"{harmless(made['label'])} offers {count}; nothing was kept."))
    elif made["auth"] == "oauth":
        screen.note(screen.line("ok", f"Added. Sign in: loomwork tools servers sign-in {made['name']}"))
    else:
        screen.note(screen.line("ok", f"{harmless(made['label'])} is {count}: {made['id']}."))


@making_command
def refresh_server(in_workspace: InWorkspace, name: ServerName, as_json: AsJson = False) -> None:
    """Ask a server again what it offers. What is new or changed waits to be approved.

    \b
    Example:
      loomwork tools servers refresh issues
    """
    found = in_workspace(lambda workspace: workspace.tool_desk.refresh_server(name))
    screen = Screen()
    _show(screen, found, as_json)
    if not as_json and not _waiting(found):
        screen.note(screen.line("ok", "All that it offers is approved."))


@making_command
def approve_server(in_workspace: InWorkspace, name: ServerName, tools: Tools = None, as_json: AsJson = False) -> None:
    """Approve what a server offered when it was asked last: all of it, or the tools that are named.

    \b
    Examples:
      loomwork tools servers approve issues
      loomwork tools servers approve issues search close
    """
    made = in_workspace(lambda workspace: workspace.tool_desk.approve_server(name, tools or None))
    _show(Screen(), made, as_json)


@making_command
def sign_in(
    in_workspace: InWorkspace,
    name: ServerName,
    seconds: Annotated[int, typer.Option("--seconds", metavar="N", help="How long to wait for the browser.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Sign in to a server that was added with --auth oauth: open the address that this prints in a browser.

    \b
    Example:
      loomwork tools servers sign-in issues
    """
    # Here, because other commands listen to nothing.
    from loomwork.interface.cli.coming_back import ComingBack

    screen = Screen()
    with ComingBack() as back:
        url = in_workspace(lambda workspace: workspace.tool_desk.authorize_server(name, back.url))
        screen.note(f"  Open this in a browser on this machine:\n  {harmless(url)}")
        answer = back.wait(seconds)
    found = in_workspace(lambda workspace: workspace.tool_desk.finish_authorizing(name, answer))
    _show(screen, found, as_json)
    if not as_json:
        screen.note(screen.line("ok", f"Signed in to {harmless(found['label'])}."))


@making_command
def remove_server(in_workspace: InWorkspace, name: ServerName) -> None:
    """Remove a server, its tools, and the credentials that were stored for it.

    \b
    Example:
      loomwork tools servers remove issues
    """
    in_workspace(lambda workspace: workspace.tool_desk.remove_server(name))
    screen = Screen()
    screen.note(screen.line("ok", f"Removed {harmless(name)}."))


_FIELD: Facts = {
    "name": "token",
    "label": "Token",
    "help": "",
    "secret": True,
    "required": True,
    "default": None,
    "choices": [],
}


def _auth(said: str | None) -> dict[str, str]:
    kind, _, rest = (said or "none").partition(":")
    if kind in ("none", "bearer", "oauth") and not rest:
        return {"auth": kind}
    if kind == "header" and rest:
        return {"auth": kind, "header": rest}
    raise InvalidInput(f"--auth takes none, bearer, header:NAME or oauth, not {(said or '')[:60]!r}.")


def _waiting(server: Facts) -> str:
    return ", ".join(harmless(each["name"]) for each in server["tools"] if each["standing"] != "approved")


def _show(screen: Screen, server: Facts, as_json: bool) -> None:
    if as_json:
        screen.json(server)
        return
    from loomwork.interface.cli.tables import table

    tools: Sequence[Facts] = server["tools"]
    rows = [(f"{server['id']}/{each['name']}", each["effect"], _standing(each)) for each in tools]
    screen.show(table(("Tool", "Effect", "Standing"), rows))
    for tool in tools:
        if tool["standing"] != "approved":
            screen.show(Text(harmless(f"{tool['name']}: {tool['description']}")))
    for problem in server["problems"]:
        screen.note(screen.line("warn", harmless(problem)))
    if _waiting(server):
        screen.note(f"  Approve: loomwork tools servers approve {server['name']}")
    if server["credentials_dropped"]:
        screen.note(screen.line("warn", "Its address is another one now, so what was stored to be let in is gone."))


def _standing(tool: Facts) -> Text:
    return Text(str(tool["standing"]), style="green" if tool["standing"] == "approved" else "yellow")
