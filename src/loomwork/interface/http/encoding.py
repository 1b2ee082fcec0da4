"""JSON as it goes over the wire: fast, and able to say everything that a run can hold."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator

from loomwork.engine.variables import File
from loomwork.kernel.exact_json import exact_json

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS


def to_json(value: Any) -> bytes:
    """The value as UTF-8 JSON. Files become objects; what JSON has no word for becomes text, but for numbers that are
    not finite: those become null.
    """
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except TypeError:
        # Whole numbers beyond 64 bits and half of a surrogate pair are legal in Python, and orjson refuses both.
        return exact_json(value, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, File):
        return value.wire()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return list(value)
    return str(value)


def plain(value: Any) -> Any:
    """The value with every file in it in wire form, so that a response model may carry it."""
    if isinstance(value, File):
        return value.wire()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


JsonMap = Annotated[dict[str, Any], BeforeValidator(plain)]
"""A JSON object of any shape."""

JsonValue = Annotated[Any, BeforeValidator(plain)]
"""Any JSON value."""
