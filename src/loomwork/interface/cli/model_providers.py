"""`loomwork models providers|add|remove`: who offers models, and what lets us in.

A key is asked for without echo, or read from standard input. It is never an argument: those are seen by everybody on
the machine, and kept by shells.
"""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.credential_values import pair, values_for
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.reading import read_bytes, read_stdin
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput, NotFound

SCRIPTED = "debug"
"""The provider whose models answer by a script, for tests and trials."""

What = Annotated[
    str, typer.Argument(metavar="PROVIDER|FILE|DIR", help="A provider of the catalog, or files of one to add.")
]
KeyStdin = Annotated[bool, typer.Option("--key-stdin", help="Read the key from standard input.")]
Field = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field that is no secret; may be repeated.")
]


@workspace_command
def providers(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the providers, and whether they can be called.

    \b
    Example:
      loomwork models providers
    """
    found = in_workspace(lambda workspace: workspace.desk.list_providers())
    screen = Screen()
    if as_json:
        for provider in found:
            screen.json(provider)
        return
    from loomwork.interface.cli.tables import table

    # What answers comes first; what only plays at it, last.
    ordered = sorted(found, key=lambda each: (each["id"] == SCRIPTED, not each["ready"], each["id"]))
    rows = [(each["id"], each["label"], str(each["models"]), _credentials(each), _state(each)) for each in ordered]
    screen.show(
        table(
            ("Provider", "Name", "Models", "Credentials", "State"),
            rows,
            right=("Models",),
            spare=("Name", "Credentials"),
        )
    )


def _credentials(provider: Facts) -> str:
    stored = [f"{each['name']} (...{each['hint']})" for each in provider["credentials"]]
    return ", ".join([*stored, *(["environment"] if provider["from_env"] else [])]) or "-"


def _state(provider: Facts) -> Text:
    if provider["ready"]:
        return Text("ready", style="green")
    return Text(harmless(str(provider["problem"] or "")), style="dim")


@making_command
def add(
    in_workspace: InWorkspace,
    what: What,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call the credential.")] = "default",
    key_stdin: KeyStdin = False,
    fields: Field = None,
    weight: Annotated[int, typer.Option("--weight", metavar="N", help="Its share beside other credentials.")] = 1,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Store it without a call that tries it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let us in at a provider: its key is asked for, tried by a real and cheap call, and stored encrypted. Or add a
    provider by its files.

    \b
    Examples:
      loomwork models add openai
      loomwork models add openai --key-stdin < key.txt
      loomwork models add my-provider.yml
    """
    if Path(what).exists() and not what.isidentifier():
        made = in_workspace(lambda workspace: workspace.desk.add_provider(_files(Path(what))))
        return _tell(made, f"Added the provider {made['id']}.", as_json=as_json)
    given = dict(pair(each) for each in fields or ())
    # Before there is an event loop, which an interrupt would have to go through.
    piped = read_stdin().decode("utf-8", "replace").strip() if key_stdin else None
    known = in_workspace(lambda workspace: _provider(workspace, what))
    values = values_for(known["fields"], given, piped)
    credential = {"name": name, "values": values, "weight": weight, "verify": not no_verify}
    made = in_workspace(lambda workspace: workspace.desk.add_credential(what, credential))
    return _tell(made, f"{known['label']} is set up; its key ends in {made['hint']}.", as_json=as_json)


def _tell(made: Facts, sentence: str, *, as_json: bool) -> None:
    screen = Screen()
    if as_json:
        screen.json(made)
    else:
        screen.note(screen.line("ok", sentence))


def _files(place: Path) -> dict[str, str]:
    """A provider's files by their names: a folder as the catalog has it, or its `provider.yml` alone."""
    if place.is_file():
        return {"provider.yml": _text(place)}
    found = [place / "provider.yml", *sorted((place / "models").glob("*.yml"))]
    return {str(file.relative_to(place)): _text(file) for file in found}


def _text(file: Path) -> str:
    try:
        return read_bytes(str(file)).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not UTF-8.") from None


async def _provider(workspace: Workspace, provider: str) -> Facts:
    known = {each["id"]: each for each in await workspace.desk.list_providers()}
    if provider in known:
        return known[provider]
    near = difflib.get_close_matches(provider, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`loomwork models providers` lists those there are."
    raise NotFound(f"There is no provider {provider[:80]!r}. {hint}")


@workspace_command
def remove(
    in_workspace: InWorkspace,
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="`loomwork models providers` lists them.")],
    credential: Annotated[
        str | None, typer.Option("--credential", metavar="ID|NAME", help="One of its credentials, instead of files.")
    ] = None,
) -> None:
    """Remove a provider that was added by its files, or one credential of a provider.

    \b
    Examples:
      loomwork models remove my-provider
      loomwork models remove openai --credential default
    """

    async def work(workspace: Workspace) -> None:
        if credential is None:
            return await workspace.desk.remove_provider(provider)
        stored = (await _provider(workspace, provider))["credentials"]
        found = [each["id"] for each in stored if credential in (each["id"], each["name"])]
        if not found:
            raise NotFound(f"{provider} has no credential {credential[:80]!r}.")
        return await workspace.desk.remove_credential(provider, found[0])

    in_workspace(work)
    screen = Screen()
    screen.note(screen.line("ok", "Removed."))


COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (("providers", providers), ("add", add), ("remove", remove))
