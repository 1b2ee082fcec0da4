"""Runs Python: the source as a module named `__main__`, then its function `main` with the inputs as keywords."""

import json
import sys
from base64 import b64decode
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from loomwork.adapters.sandbox.inside.reasons import SOURCE_NAME


class NoOutputs(Exception):
    """The code came to its end and left nothing that can be taken on; the message says what it left."""


def run_python(source: str, inputs: Mapping[str, Any]) -> bytes:
    """What `main` returns, as JSON. Raises whatever the code raises."""
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    exec(compile(source, SOURCE_NAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the jail is for this
    # Dify's own wrapper imports these after the code, and there are apps that live by it.
    module.__dict__.update(json=json, b64decode=b64decode)
    main = module.__dict__.get("main")
    if not callable(main):
        raise NoOutputs("has no function 'main', which is what is called")
    return as_json(main(**inputs))


def as_json(left: Any) -> bytes:
    """Raises `NoOutputs` for what is no map of JSON values."""
    if not isinstance(left, Mapping):
        raise NoOutputs(f"returned {type(left).__name__}, not a map of its outputs")
    try:
        return json.dumps(left).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NoOutputs(f"returned what is no JSON: {error}") from None
