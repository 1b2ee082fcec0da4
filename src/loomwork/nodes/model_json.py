"""JSON out of a model's answer, which may think aloud before it or wrap it in a code fence."""

import json
import re
from typing import Any

from loomwork.engine.variables import MISSING

_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)
_STARTS = re.compile(r"[{\[]")
MAX_STARTS = 50


def find_json(answer: str) -> Any:
    """The first JSON object or list in an answer, or `MISSING`."""
    text = _THOUGHT.sub("", answer)
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, dict | list) else MISSING
    except (ValueError, RecursionError):
        return _first_inside(text)


def _first_inside(text: str) -> Any:
    decoder = json.JSONDecoder()
    for _, start in zip(range(MAX_STARTS), _STARTS.finditer(text), strict=False):
        try:
            return decoder.raw_decode(text, start.start())[0]
        except (ValueError, RecursionError):
            continue
    return MISSING
