"""JSON of Python's own encoder, held to the standard: alone it writes NaN and infinities, which others refuse."""

import json
from collections.abc import Callable
from typing import Any


def exact_json(value: Any, *, default: Callable[[Any], Any]) -> str:
    """The value as JSON text in ASCII, whole numbers of any size and halves of surrogate pairs included; a number that
    is not finite becomes null (RFC 8259, 6, has no word for it). Raises what `json.dumps` raises.
    """
    try:
        return json.dumps(value, default=default, allow_nan=False)
    except ValueError:
        finite = json.loads(json.dumps(value, default=default), parse_constant=lambda _: None)
        return json.dumps(finite, allow_nan=False)
