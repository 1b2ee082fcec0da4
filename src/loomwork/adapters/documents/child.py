"""The process that reads one document: the document in, one JSON object out.

It has no secrets in its environment and limits itself before it reads a byte. What a hostile document can do to it is
end it.
"""

import json
import sys
from typing import Any, cast, get_args

from loomwork.adapters.documents.formats import Format
from loomwork.adapters.documents.texts import text_as
from loomwork.adapters.process_limits import limit_process

MARGIN = 64
OPEN_FILES = 64


def read(kind: str, content: bytes) -> str:
    """The text of a document, of a format of ours or of a media type."""
    if kind in get_args(Format):
        return text_as(cast(Format, kind), content)
    from kreuzberg import ExtractionConfig, extract_bytes_sync

    # Without a cache, nothing of a document stays behind; OCR is off unless it is asked for.
    config = ExtractionConfig(output_format="markdown", use_cache=False)
    return extract_bytes_sync(content, kind, config).content


def answer(kind: str, content: bytes, limit: int) -> dict[str, Any]:
    try:
        text = read(kind, content)
    except MemoryError:
        return {"costly": "needs more memory than a document may"}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything; this process must answer all the same
        return {"broke": f"cannot be read: {type(error).__name__}"}
    if len(text) > limit:
        return {"costly": f"holds more than {limit} characters"}
    return {"text": text}


def main(memory: int, seconds: int, kind: str, limit: int) -> None:
    limit_process(memory, seconds, written=limit * 6 + MARGIN, open_files=OPEN_FILES)
    said = json.dumps(answer(kind, sys.stdin.buffer.read(), limit))
    sys.stdout.write(said)
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
