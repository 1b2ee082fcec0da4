"""What the core of a run was told, as it lies in the journal.

One text for the records of a batch: `{"v": 1, "records": [...]}`, a record being an object with one letter a field and
no field that says nothing. Where the records hold files there is also `"tag"`, and a file is an object whose one key
is that tag. The tag is random and made when the text is, so no value that a run could have been given is taken for a
file. Later releases read every version that there was.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from loomwork.adapters.storage.sql import json_text
from loomwork.engine.ports import Record
from loomwork.engine.variables import File
from loomwork.kernel.errors import Conflict

VERSION = 1


class UnknownFormat(Conflict):
    """The records were written by a newer release."""

    code = "journal_too_new"


def encode(records: Sequence[Record]) -> str:
    """Raises `NotStorable` for a value that JSON cannot say."""
    tag = ""

    def plain(value: Any) -> Any:
        nonlocal tag
        if not isinstance(value, File):
            return json_text.plain(value)
        tag = tag or secrets.token_hex(16)
        return {tag: asdict(value)}

    row: dict[str, Any] = {"v": VERSION, "records": list(map(_short, records))}
    text = json_text.encode(row, default=plain)
    return f'{text[:-1]},"tag":"{tag}"}}' if tag else text


def decode(text: str) -> list[Record]:
    """The records behind a text that `encode` made, in this release or before. Raises `UnknownFormat`."""
    row = json_text.decode(text)
    if row["v"] != VERSION:
        raise UnknownFormat(f"The run's journal has format {row['v']}; this release reads up to {VERSION}.")
    tag = row.get("tag")
    return [_record(it, (lambda data: _with_files(data, tag)) if tag else _same) for it in row["records"]]


def _short(record: Record) -> dict[str, Any]:
    short: dict[str, Any] = {"n": record.number, "k": record.kind, "s": record.seq, "t": record.at}
    if record.node_id is not None:
        short["i"] = record.node_id
    if record.frame:
        short["f"] = record.frame
    if record.data:
        short["d"] = record.data
    return short


def _record(short: dict[str, Any], restored: Callable[[Any], Any]) -> Record:
    return Record(
        number=short["n"],
        kind=short["k"],
        seq=short["s"],
        at=short["t"],
        node_id=short.get("i"),
        frame=short.get("f", ""),
        data=restored(short.get("d", {})),
    )


def _same(data: Any) -> Any:
    return data


def _with_files(value: Any, tag: str) -> Any:
    match value:
        case dict():
            if tag in value:
                return File(**value[tag])
            return {key: _with_files(item, tag) for key, item in value.items()}
        case list():
            return [_with_files(item, tag) for item in value]
        case _:
            return value
