"""`loomwork audit`: who did what to what, and the proof that nothing of it was changed."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from loomwork.interface.cli.audit_desk import Wanted, moment
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import InvalidInput

By = Annotated[str | None, typer.Option("--by", metavar="ID", help="Whoever did it: a member's or a key's id.")]
Action = Annotated[
    str | None, typer.Option("--action", metavar="WORD", help="app.published, or app for all that befell apps.")
]
To = Annotated[str | None, typer.Option("--to", metavar="ID", help="What it was done to.")]
Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="2026-01-31 or 2026-01-31T18:00.")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The first moment after.")]
Search = Annotated[str, typer.Option("--search", metavar="TEXT", help="In actions, ids and details.")]

BROKEN = 1
"""The exit status where a trail does not hold."""

_SEAL_LENGTH = 64
_WORDS = {
    "missing": "entry {number} is not there",
    "changed": "entry {number} was changed after it was sealed",
    "unlinked": "entry {number} is not sealed to the one before it",
    "replaced": "entry {number} is not the one that was noted",
}


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork audit`."""
    audit = group(help="Who did what to what, from where.")
    audit.command("list", cls=CalmCommand)(list_entries)
    audit.command(cls=CalmCommand)(export)
    audit.command(cls=CalmCommand)(verify)
    return audit


@workspace_command
def list_entries(
    in_workspace: InWorkspace,
    by: By = None,
    action: Action = None,
    to: To = None,
    since: Since = None,
    until: Until = None,
    search: Search = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was done in the workspace, newest first.

    \b
    Examples:
      loomwork audit list
      loomwork audit list --action key --since 2026-01-31 --json
    """
    wanted = _wanted(by, action, to, since, until, search)
    found = in_workspace(lambda workspace: workspace.audit_desk.newest(wanted, limit))
    screen = Screen()
    if as_json:
        for entry in found:
            screen.json(entry)
    elif found:
        _show_list(screen, found)
    else:
        screen.note("Nothing of the kind was done.")


def _wanted(
    by: str | None, action: str | None, to: str | None, since: str | None, until: str | None, search: str
) -> Wanted:
    given = {"actor_id": by, "action": action, "object_id": to, "text": search}
    moments = {"since": since, "until": until}
    said = {name: moment(text).isoformat() for name, text in moments.items() if text}
    return {name: value for name, value in given.items() if value} | said


def _show_list(screen: Screen, entries: Sequence[Facts]) -> None:
    from loomwork.interface.cli.tables import table

    columns = ("Number", "When", "Who", "Did", "To", "From")
    screen.show(table(columns, [_line(screen, entry) for entry in entries], spare=("From",)))


def _line(screen: Screen, entry: Facts) -> tuple[str, ...]:
    actor, done_to = entry["actor"], entry["object"]
    came_from = f"{entry['via']} {entry['address']}".strip()
    who = f"{actor['kind']} {screen.id(actor['id'])}"
    when = str(entry["at"])[:19].replace("T", " ")
    return (str(entry["number"]), when, who, entry["action"], screen.id(done_to["id"]), came_from)


@workspace_command
def export(
    in_workspace: InWorkspace,
    by: By = None,
    action: Action = None,
    to: To = None,
    since: Since = None,
    until: Until = None,
    search: Search = "",
) -> None:
    """Print what was done, a JSON object a line, oldest first.

    \b
    Example:
      loomwork audit export > trail.jsonl
    """
    wanted, screen = _wanted(by, action, to, since, until, search), Screen()

    async def work(workspace: Workspace) -> None:
        async for entry in workspace.audit_desk.entries(wanted):
            screen.json(entry)

    in_workspace(work)


@workspace_command
def verify(
    in_workspace: InWorkspace,
    noted: Annotated[
        str | None, typer.Option("--noted", metavar="NUMBER:SEAL", help="What an earlier check printed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that each entry is sealed, unchanged, to the one before it; exit status 1 where one is not.

    It prints the number and the seal of the last entry. Keep them elsewhere: given back as --noted, they show also
    that the trail was not written anew by somebody who has the database.

    \b
    Examples:
      loomwork audit verify
      loomwork audit verify --noted 812:5c1e...
    """
    check = in_workspace(lambda workspace: workspace.audit_desk.check(_noted(noted)))
    screen = Screen()
    if as_json:
        screen.json(check)
    else:
        _show_check(screen, check)
    if not check["ok"]:
        raise typer.Exit(BROKEN)


def _show_check(screen: Screen, check: Facts) -> None:
    problem = check["problem"]
    if problem is not None:
        what = _WORDS[problem["kind"]].format(number=problem["number"])
        screen.note(screen.line("fail", f"The trail does not hold: {what}. The {check['checked']} before it do."))
        return
    screen.note(screen.line("ok", f"The trail holds: {check['checked']} entries. The last one is"))
    screen.say(f"{check['last']['number']}:{check['last']['seal']}\n")


def _noted(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, seal = text.strip().partition(":")
    if not number.isascii() or not number.isdigit() or len(number) > 18 or not int(number) or not _is_seal(seal):
        raise InvalidInput("--noted takes what `loomwork audit verify` prints: NUMBER:SEAL.")
    return int(number), seal


def _is_seal(text: str) -> bool:
    return len(text) == _SEAL_LENGTH and all(each in "0123456789abcdef" for each in text)
