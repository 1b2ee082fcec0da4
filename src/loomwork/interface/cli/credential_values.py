"""The values of credentials, from whoever is at the terminal. A secret never stands on a command line."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from loomwork.interface.cli.screen import harmless
from loomwork.kernel.errors import InvalidInput


def pair(given: str, option: str = "--set takes FIELD=VALUE") -> tuple[str, str]:
    """What `--set NAME=VALUE` says. Raises `InvalidInput`."""
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise InvalidInput(f"{option}, not {given[:40]!r}.")
    return name, value


def values_for(fields: Sequence[Mapping[str, Any]], given: Mapping[str, str], piped: str | None) -> dict[str, str]:
    """A value for each field of a credential: what was given, what was piped in for the secret, and what the person at
    the terminal answers. Raises `InvalidInput`.
    """
    known = {field["name"]: field for field in fields}
    for name in given:
        if name not in known:
            raise InvalidInput(f"There is no field {name[:40]!r}; there is {', '.join(known) or 'none'}.")
        if known[name]["secret"]:
            raise InvalidInput(f"{name} is a secret: leave it out to be asked for it, or pipe it in with --key-stdin.")
    values = dict(given)
    if piped is not None:
        values[_secret_of(fields)] = piped
    return values | _asked([field for field in fields if field["name"] not in values], piped)


def _secret_of(fields: Sequence[Mapping[str, Any]]) -> str:
    secrets = [str(field["name"]) for field in fields if field["secret"]]
    if not secrets:
        raise InvalidInput("There is no secret to read from standard input.")
    return "api_key" if "api_key" in secrets else secrets[0]


def _asked(fields: Sequence[Mapping[str, Any]], piped: str | None) -> dict[str, str]:
    """The other fields, from the person at the terminal; optional ones may be left empty."""
    if piped is not None or not sys.stdin.isatty():
        missing = [str(field["name"]) for field in fields if field["required"] and field["default"] is None]
        if missing:
            raise InvalidInput(f"Nobody is there to be asked for {', '.join(missing)}: use --key-stdin and --set.")
        return {}
    answers = {str(field["name"]): _ask(field) for field in fields}
    return {name: answer for name, answer in answers.items() if answer}


def _ask(field: Mapping[str, Any]) -> str:
    if field["help"]:
        typer.echo(harmless(str(field["help"])), err=True)
    default = "" if not field["required"] else None
    label = harmless(str(field["label"]))
    if field["secret"]:
        return str(typer.prompt(label, default=default, hide_input=True, show_default=False, err=True)).strip()
    return str(typer.prompt(label, default=field["default"] or default, err=True)).strip()
