"""The command line as a whole: every command by its name, and how what goes wrong is said."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TextIO

import typer

from loomwork.interface.cli import (
    app_life,
    apps,
    audit,
    backup,
    check,
    doctor,
    export,
    import_app,
    keys,
    knowledge,
    limits,
    members,
    messages,
    models,
    people,
    plugins,
    run,
    runs,
    secrets,
    serve,
    settings,
    sso,
    takeout,
    tools,
    up,
)
from loomwork.interface.cli.failures import FAILED, show_error, show_unexpected
from loomwork.interface.cli.help import CalmCommand, CalmGroup
from loomwork.interface.cli.host import Host
from loomwork.interface.cli.screen import Screen
from loomwork.kernel.errors import LoomworkError

NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What writing fails with where the disk, and not Loomwork, is to blame."""

INTERRUPTED = 130
"""What a shell expects of a process that ended on Ctrl-C."""


def run_cli(host: Host, arguments: Sequence[str]) -> int:
    """Run one command line; its exit status. Errors become a line on stderr."""
    screen = Screen()
    try:
        create_cli(host.version)(args=list(arguments), obj=host, prog_name="loomwork")
    except SystemExit as ended:
        return _status(ended)
    except LoomworkError as error:
        return show_error(screen, error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _give_up(sys.stdout)
    except OSError as error:
        if error.errno not in NOT_WRITTEN:
            return show_unexpected(screen, error, debug=host.debug)
        return _say_not_written(screen, error)
    except Exception as error:  # noqa: BLE001 - the last wall before the user, who is owed a sentence
        return show_unexpected(screen, error, debug=host.debug)
    return 0


def create_cli(version: str) -> typer.Typer:
    """The commands, in the order in which help lists them."""
    cli = _group(help="Build and run AI-native applications on your own machine.", epilog=_EPILOG)
    cli.callback()(_root(version))
    for command in (up.up, run.run, check.check, export.export, settings.settings, doctor.doctor):
        cli.command(cls=CalmCommand)(command)
    cli.command("import", cls=CalmCommand)(import_app.import_app)
    cli.command(cls=CalmCommand)(backup.backup)
    cli.command(cls=CalmCommand)(backup.restore)
    cli.add_typer(apps.commands(_group), name="apps")
    cli.add_typer(runs.commands(_group), name="runs")
    cli.add_typer(messages.message_commands(_group), name="messages")
    cli.add_typer(messages.annotation_commands(_group), name="annotations")
    cli.add_typer(app_life.retention_commands(_group), name="retention")
    cli.add_typer(keys.commands(_group), name="keys")
    cli.add_typer(people.commands(_group), name="people")
    cli.add_typer(sso.commands(_group), name="sso")
    cli.add_typer(models.commands(_group), name="models")
    cli.add_typer(tools.commands(_group), name="tools")
    cli.add_typer(plugins.commands(_group), name="plugins")
    cli.add_typer(knowledge.commands(_group), name="knowledge")
    cli.add_typer(members.workspace_commands(_group), name="workspaces")
    cli.add_typer(members.member_commands(_group), name="members")
    cli.add_typer(members.role_commands(_group), name="roles")
    cli.add_typer(limits.commands(_group), name="limits")
    cli.add_typer(takeout.end_user_commands(_group), name="end-users")
    cli.add_typer(audit.commands(_group), name="audit")
    cli.add_typer(secrets.commands(_group), name="secrets")
    cli.add_typer(serve.commands(_group), name="serve")
    return cli


_EPILOG = "Begin with `loomwork up` and open the link it prints, or `loomwork run app.yml`."


def _group(**about: Any) -> typer.Typer:
    return typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        cls=CalmGroup,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **about,
    )


def _root(version: str) -> Callable[[bool], None]:
    def print_version(asked: bool) -> None:
        if asked:
            typer.echo(f"loomwork {version}")
            raise typer.Exit

    # The callback of the option, not the root's own body: that one runs only once a command was named.
    option = typer.Option(
        "--version", help="Print the version.", is_eager=True, show_default=False, callback=print_version
    )

    def root(version_asked: Annotated[bool, option] = False) -> None:
        pass

    return root


def _status(ended: SystemExit) -> int:
    if ended.code is None:
        return 0
    return ended.code if isinstance(ended.code, int) else FAILED


def _say_not_written(screen: Screen, error: OSError) -> int:
    _give_up(sys.stdout)
    try:
        screen.note(screen.line("fail", f"The output could not be written: {error.strerror}."))
    except OSError:
        # Stderr goes to the same full disk: the exit status is all that can be said.
        _give_up(sys.stderr)
    return FAILED


def _give_up(stream: TextIO) -> int:
    """Whoever read it has seen enough, or cannot take more. What is still buffered goes nowhere: Python would complain
    at its exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return FAILED
