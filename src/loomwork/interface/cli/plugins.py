"""`loomwork plugins`: packages that add tools."""

import keyword
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput

_ID = re.compile(r"[a-z][a-z0-9-]{0,48}[a-z0-9]")

NewName = Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and hyphens.")]
Package = Annotated[
    str,
    typer.Argument(
        metavar="FOLDER|WHEEL|REQUIREMENT", help="A requirement is `name==version --hash=sha256:...`, as one argument."
    ),
]
Plugin = Annotated[str, typer.Argument(metavar="PLUGIN", help="`loomwork plugins list` shows them.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork plugins`."""
    plugins = group(help="Packages that add tools, each run in a jail.")
    plugins.command("list", cls=CalmCommand)(list_plugins)
    for command in (new, install, show, enable, disable, remove):
        plugins.command(cls=CalmCommand)(command)
    return plugins


def new(name: NewName) -> None:
    """Write a folder with a plugin of one tool, and a test of it that passes.

    \b
    Example:
      loomwork plugins new greeting
    """
    from loomwork.interface.cli.plugin_template import template

    module = name.replace("-", "_")
    if _ID.fullmatch(name) is None or keyword.iskeyword(module):
        raise InvalidInput(f"{name[:80]!r} is no name for a plugin: lower-case letters, digits and hyphens.")
    folder = Path(name)
    try:
        folder.mkdir()
        for file, text in template(name).items():
            (folder / file).write_text(text, encoding="utf-8")
    except FileExistsError:
        raise InvalidInput(f"{folder} is there already, and nothing is written over it.") from None
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error.strerror}.") from None
    screen = Screen()
    screen.note(screen.line("ok", f"{folder}/ has a plugin, a tool and its test."))
    screen.note(f"  Install it: loomwork plugins install {folder}")


@making_command
def install(in_workspace: InWorkspace, package: Package, as_json: AsJson = False) -> None:
    """Install a plugin for all workspaces, in the place of the one of its id; nothing of it runs outside of the jail.

    \b
    Examples:
      loomwork plugins install ./greeting
      loomwork plugins install greeting-1.0.0-py3-none-any.whl
      loomwork plugins install 'loomwork-greeting==1.0.0 --hash=sha256:...'
    """
    screen, given = Screen(), _given(package)

    def say(told: str) -> None:
        screen.note(Text(f"  {harmless(told)}", style="dim"))

    made = in_workspace(lambda workspace: workspace.plugin_desk.install_plugin(given, say))
    if as_json:
        return screen.json(made)
    screen.note(screen.line("ok", f"{harmless(made['label'])} {made['version']} is installed."))
    for line in _permissions(made):
        screen.note(f"  {line}")
    if not made["enabled"]:
        screen.note(f"  Enable it in this workspace: loomwork plugins enable {made['id']}")
    return None


@workspace_command
def list_plugins(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the installed plugins, and which of them this workspace has.

    \b
    Example:
      loomwork plugins list
    """
    found = in_workspace(lambda workspace: workspace.plugin_desk.list_plugins())
    screen = Screen()
    if as_json:
        for plugin in found:
            screen.json(plugin)
        return
    from loomwork.interface.cli.tables import table

    rows = [(each["id"], each["version"], str(len(each["tools"])), _state(each)) for each in found]
    screen.show(table(("Plugin", "Version", "Tools", "State"), rows))


@workspace_command
def show(in_workspace: InWorkspace, plugin: Plugin, as_json: AsJson = False) -> None:
    """Show what a plugin adds, and what it may have.

    \b
    Example:
      loomwork plugins show greeting
    """
    found = in_workspace(lambda workspace: workspace.plugin_desk.show_plugin(plugin))
    screen = Screen()
    if as_json:
        return screen.json(found)
    screen.show(Text(harmless(f"{found['label']} {found['version']}: {found['description']}")))
    for line in (f"from {found['source']}, sha256 {found['digest']}", *_permissions(found)):
        screen.show(Text(harmless(f"  {line}"), style="dim"))
    for tool in found["tools"]:
        about = Text.assemble((f"plugin.{found['id']}/{tool['name']}", "bold"), harmless(f"  {tool['description']}"))
        screen.show(about)
    return None


@workspace_command
def enable(in_workspace: InWorkspace, plugin: Plugin) -> None:
    """Let this workspace call the tools of a plugin.

    \b
    Example:
      loomwork plugins enable greeting
    """
    made = in_workspace(lambda workspace: workspace.plugin_desk.switch_plugin(plugin, on=True))
    screen = Screen()
    screen.note(screen.line("ok", f"Enabled {made['id']}: its tools are those of plugin.{made['id']}."))


@workspace_command
def disable(in_workspace: InWorkspace, plugin: Plugin) -> None:
    """Have this workspace not call the tools of a plugin any more.

    \b
    Example:
      loomwork plugins disable greeting
    """
    made = in_workspace(lambda workspace: workspace.plugin_desk.switch_plugin(plugin, on=False))
    screen = Screen()
    screen.note(screen.line("ok", f"Disabled {made['id']}."))


@workspace_command
def remove(in_workspace: InWorkspace, plugin: Plugin, yes: Yes = False) -> None:
    """Remove a plugin from the installation, for all workspaces.

    \b
    Example:
      loomwork plugins remove greeting --yes
    """
    if not yes:
        typer.confirm(f"Remove {plugin} for all workspaces?", abort=True, err=True)
    in_workspace(lambda workspace: workspace.plugin_desk.remove_plugin(plugin))
    screen = Screen()
    screen.note(screen.line("ok", f"Removed {harmless(plugin)}."))


def _given(package: str) -> Path | str:
    if "==" in package and "--hash" in package:
        return package
    path = Path(package)
    if not path.exists():
        raise InvalidInput(
            f"There is no {package[:200]!r} here. Name a folder, a wheel, or a requirement with its hash."
        )
    return path


def _state(plugin: Facts) -> Text:
    return Text("enabled", style="green") if plugin["enabled"] else Text("off", style="dim")


def _permissions(plugin: Facts) -> list[str]:
    """What it may have, in lines."""
    asked = plugin["permissions"]
    lists = [
        ("It asks these hosts", asked["network"]),
        ("It reads", asked["files"]),
        ("It is given the variables", asked["environment"]),
    ]
    told = [f"{what}: {', '.join(each)}." for what, each in lists if each]
    return told or ["It asks for no network, no files and no variables."]
