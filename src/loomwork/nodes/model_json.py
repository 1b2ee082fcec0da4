"""JSON out of a model's answer, which may think aloud before it or wrap it in a code fence."""

import json
import re
from typing import Any

from loomwork.engine.variables import MISSING

_OPEN = re.compile("<think>", re.IGNORECASE)
_CLOSE = re.compile("</think>", re.IGNORECASE)
_STARTS = re.compile(r"[{\[]")
MAX_STARTS = 50


def find_json(answer: str) -> Any:
    """The first JSON object or list in an answer, or `MISSING`."""
    text = _without_thoughts(answer)
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, dict | list) else MISSING
    except (ValueError, RecursionError):
        return _first_inside(text)


def _without_thoughts(text: str) -> str:
    """Two searches a thought, and none after one that never ends: one regular expression for both is quadratic."""
    kept, position = [], 0
    while begin := _OPEN.search(text, position):
        end = _CLOSE.search(text, begin.end())
        if end is None:
            break
        kept.append(text[position : begin.start()])
        position = end.end()
    return "".join([*kept, text[position:]])


def _first_inside(text: str) -> Any:
    decoder = json.JSONDecoder()
    for _, start in zip(range(MAX_STARTS), _STARTS.finditer(text), strict=False):
        try:
            return decoder.raw_decode(text, start.start())[0]
        except (ValueError, RecursionError):
            continue
    return MISSING
