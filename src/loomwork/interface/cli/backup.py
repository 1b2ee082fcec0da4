"""`loomwork backup` and `loomwork restore`."""

from pathlib import Path
from typing import Annotated

import typer

from loomwork.interface.cli.host import Kept
from loomwork.interface.cli.options import AsJson, Data, host_of
from loomwork.interface.cli.screen import Screen

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)]
WithKeys = Annotated[
    bool, typer.Option("--with-keys", help="Also the keys that open the credentials in it. Then guard it like them.")
]


def backup(
    context: typer.Context, file: BackupFile, with_keys: WithKeys = False, data: Data = None, as_json: AsJson = False
) -> None:
    """Write everything that this installation holds into one new file. The server may go on meanwhile.

    Credentials stay sealed in it. What opens them (secret.key in the data folder, or LOOMWORK_SECRET_KEY) is left out:
    keep it elsewhere. Model weights are left out, too; they can be fetched again.

    \b
    Examples:
      loomwork backup today.backup
      LOOMWORK_DATABASE_URL=postgresql://... loomwork backup today.backup
    """
    kept = host_of(context).back_up(data, file, with_keys=with_keys)
    screen = Screen()
    if as_json:
        screen.json(_as_json(file, kept))
        return
    screen.note(screen.line("ok", f"{_counted(kept)} are in {file}."))
    if not with_keys:
        screen.note(screen.line("warn", "The key that opens its credentials is not in it; keep that elsewhere."))


def restore(context: typer.Context, file: BackupFile, data: Data = None, as_json: AsJson = False) -> None:
    """Make an empty installation what a backup holds, on SQLite or PostgreSQL, whichever it came from.

    \b
    Examples:
      loomwork restore today.backup --data new
      LOOMWORK_DATABASE_URL=postgresql://... loomwork restore today.backup
    """
    kept = host_of(context).restore(data, file)
    screen = Screen()
    if as_json:
        screen.json(_as_json(file, kept))
        return
    screen.note(screen.line("ok", f"{_counted(kept)} are back, as they were on {kept.made_at:%Y-%m-%d at %H:%M} UTC."))
    if "secret.key" not in kept.files:
        screen.note(
            screen.line("warn", "Give it its secret key before you start it, or enter its credentials once more.")
        )


def _counted(kept: Kept) -> str:
    rows = sum(kept.rows.values())
    workspaces, apps = kept.rows.get("workspaces", 0), kept.rows.get("apps", 0)
    return f"{workspaces} workspaces with {apps} apps ({rows} rows, {len(kept.files)} files)"


def _as_json(file: Path, kept: Kept) -> dict[str, object]:
    made_at = kept.made_at.isoformat()
    return {"file": str(file), "made_at": made_at, "rows": dict(kept.rows), "files": list(kept.files)}
