"""The process that reads one document: the document in, one JSON object out.

It has no secrets in its environment, and limits itself and walls itself in before it reads a byte. What a hostile
document can do to it is end it.
"""

import json
import os
import sys
import zipfile
from typing import Any, cast, get_args

from loomwork.adapters.documents.bombs import Locked, TooMuch
from loomwork.adapters.documents.formats import IMAGES, Format
from loomwork.adapters.documents.mails import MailBroken
from loomwork.adapters.documents.records import RecordsBroken
from loomwork.adapters.documents.texts import parsed_as
from loomwork.adapters.documents.walls import raise_walls
from loomwork.adapters.process_limits import limit_process
from loomwork.knowledge.domain.parsed import ParsedDocument

OPEN_FILES = 64
MOST_BLOCKS = 500_000
A_BLOCK = 64
"""Bytes that are said of a block beside its text."""


def read(kind: str, content: bytes) -> ParsedDocument:
    """The blocks of a document, of a format of ours or of an extension that the library reads."""
    if kind in get_args(Format):
        return parsed_as(cast(Format, kind), content)
    from loomwork.adapters.documents.extraction import extracted

    return extracted(kind, content)


def answer(kind: str, content: bytes, limit: int) -> dict[str, Any]:
    try:
        document = read(kind, content)
    except MemoryError:
        return {"costly": "needs more memory than a document may"}
    except TooMuch as error:
        return {"costly": str(error)}
    except Locked:
        return {"broke": "is protected by a password: save it without one and add it again"}
    except (MailBroken, RecordsBroken) as error:
        return {"broke": str(error)}
    except zipfile.BadZipFile:
        return {"broke": "is damaged, or not what its name says"}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything; this process must answer all the same
        return {"broke": f"is damaged, or not what its name says ({type(error).__name__})"}
    return _said(document, limit)


def _said(document: ParsedDocument, limit: int) -> dict[str, Any]:
    if sum(len(block.text) + len(block.answer) for block in document.blocks) > limit:
        return {"costly": f"holds more than {limit} characters"}
    if len(document.blocks) > MOST_BLOCKS:
        return {"costly": f"is made of more than {MOST_BLOCKS} pieces"}
    blocks = [[block.kind, block.text, block.level, block.page] for block in document.blocks]
    return {"blocks": blocks, "title": document.title, "pages": document.pages}


def _load(kind: str) -> None:
    """What reads it, while the files of that may still be opened."""
    from loomwork.adapters.documents.extraction import warm

    if kind == ".pdf" or kind in IMAGES:
        warm()


def main(memory: int, seconds: int, kind: str, limit: int) -> None:
    if kind not in get_args(Format):
        _load(kind)
    written = limit * 6 + A_BLOCK * MOST_BLOCKS
    limit_process(memory, seconds, written=written, open_files=OPEN_FILES)
    raise_walls(os.environ.get("TESSDATA_PREFIX", ""))
    said = json.dumps(answer(kind, sys.stdin.buffer.read(), limit))
    sys.stdout.write(said)
    sys.stdout.flush()
