"""`loomwork tools add` and `remove`: a company's own API as tools, from the document that describes it."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from loomwork.interface.cli.credential_values import pair
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.reading import STDIN, read_bytes, read_stdin
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace_session import InWorkspace, making_command
from loomwork.kernel.errors import InvalidInput

MOST_SHOWN = 30
"""Operations that are listed; `loomwork tools show` has them all."""

Document = Annotated[
    str, typer.Argument(metavar="FILE|URL", help="OpenAPI 3 or Swagger 2, as JSON or YAML; - is standard input.")
]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the API is called here.")]
Server = Annotated[
    str | None, typer.Option("--api-server", metavar="URL", help="Where requests go, if not as the document has it.")
]
Auth = Annotated[
    str | None,
    typer.Option(
        "--auth",
        metavar="KIND[:NAME]",
        help="none, basic, bearer, header:NAME, query:NAME, cookie:NAME or oauth2:TOKEN_URL, if not as the document "
        "has it.",
    ),
]
Scopes = Annotated[
    list[str] | None, typer.Option("--scope", metavar="SCOPE", help="Asked for with --auth oauth2; may be repeated.")
]
Fixed = Annotated[
    list[str] | None,
    typer.Option(
        "--fixed", metavar="[OPERATION.]NAME=VALUE", help="Always sent, and shown to no model; may be repeated."
    ),
]
Effects = Annotated[
    list[str] | None,
    typer.Option("--effect", metavar="OPERATION=EFFECT", help="read, write, egress or spend; may be repeated."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="OPERATION|TAG|/PATH", help="What is wanted of it; may be repeated."),
]
Preview = Annotated[bool, typer.Option("--preview", help="Show what it would be, and keep nothing.")]


@making_command
def add(
    in_workspace: InWorkspace,
    document: Document,
    name: Name = None,
    api_server: Server = None,
    auth: Auth = None,
    scope: Scopes = None,
    fixed: Fixed = None,
    effect: Effects = None,
    only: Only = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Make tools of an API, from the document that describes it; the one of the same name is replaced.

    \b
    Examples:
      loomwork tools add https://pets.example.com/openapi.json --name pets
      loomwork tools add crm.yml --api-server https://crm.example.com/v2 --auth header:X-Key
      loomwork tools add crm.yml --only contacts --fixed tenant=acme --preview
    """
    said = _said(name, api_server, auth, scope or (), fixed or (), effect or (), only)
    said |= _document(document)
    made = in_workspace(lambda workspace: workspace.tool_desk.add_api(said, preview=preview))
    screen = Screen()
    if as_json:
        return screen.json(made)
    return _show(screen, made, preview)


@making_command
def remove(
    in_workspace: InWorkspace,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The API, or its toolset.")],
) -> None:
    """Remove an API that was added, its tools, and the credentials that were stored for it.

    \b
    Example:
      loomwork tools remove pets
    """
    in_workspace(lambda workspace: workspace.tool_desk.remove_api(name))
    screen = Screen()
    screen.note(screen.line("ok", f"Removed {harmless(name)}."))


def _said(
    name: str | None,
    server: str | None,
    auth: str | None,
    scopes: Sequence[str],
    fixed: Sequence[str],
    effects: Sequence[str],
    only: Sequence[str] | None,
) -> dict[str, Any]:
    """The body of the request, with what was said alone."""
    said: dict[str, Any] = {"name": name, "server": server}
    said["auth"] = None if auth is None else _auth(auth, scopes)
    named = [pair(each, "--fixed takes NAME=VALUE") for each in fixed]
    said["fixed"] = {key: _value(text) for key, text in named} or None
    said["effects"] = dict(pair(each, "--effect takes OPERATION=EFFECT") for each in effects) or None
    said["only"] = list(only) if only else None
    return {key: value for key, value in said.items() if value is not None}


def _auth(said: str, scopes: Sequence[str]) -> list[dict[str, Any]]:
    kind, _, rest = said.partition(":")
    if kind == "none":
        return []
    if kind in ("basic", "bearer"):
        return [{"kind": kind}]
    if kind in ("header", "query", "cookie") and rest:
        return [{"kind": kind, "name": rest}]
    if kind == "oauth2" and rest:
        return [{"kind": kind, "token_url": rest, "scopes": list(scopes)}]
    raise InvalidInput(
        "--auth takes none, basic, bearer, header:NAME, query:NAME, cookie:NAME or oauth2:TOKEN_URL, "
        f"not {said[:60]!r}."
    )


def _document(given: str) -> dict[str, str]:
    if given.startswith(("https://", "http://")):
        return {"url": given}
    content = read_stdin() if given == STDIN else read_bytes(given)
    try:
        return {"document": content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")}
    except UnicodeDecodeError:
        raise InvalidInput(f"{given!r} is not UTF-8 text.") from None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _show(screen: Screen, made: Facts, preview: bool) -> None:
    from loomwork.interface.cli.tables import table

    operations = made["operations"]
    rows = [(f"{made['id']}/{each['name']}", each["effect"], each["place"]) for each in operations[:MOST_SHOWN]]
    screen.show(table(("Tool", "Effect", "Operation"), rows))
    if len(operations) > MOST_SHOWN:
        screen.show(Text(f"and {len(operations) - MOST_SHOWN} more", style="dim"))
    for problem in made["problems"]:
        screen.note(screen.line("warn", harmless(problem)))
    if made["server"] is None:
        screen.note(screen.line("warn", "The document names no server; say where the API is with --api-server."))
    if made["credentials_dropped"]:
        screen.note(screen.line("warn", "Its address is another one now, so what was stored to be let in is gone."))
    count = f"{len(operations)} {'tool' if len(operations) == 1 else 'tools'}"
    if preview:
        screen.note(screen.line("ok", f"{harmless(made['label'])} would be {count}; nothing was kept."))
        return
    screen.note(screen.line("ok", f"{harmless(made['label'])} is {count}: {made['id']}."))
    if made["fields"]:
        screen.note(f"  Store what lets in: loomwork tools credentials set {made['id']}")
