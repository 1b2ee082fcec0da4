"""Typed values out of the model's answer: what fits is kept, what does not leaves the empty value of its type."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.engine.variables import MISSING
from loomwork.nodes.model_json import find_json
from loomwork.nodes.parameter_extractor.config import Parameter

TRUE_WORDS = frozenset({"true", "yes", "1"})
FALSE_WORDS = frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class Extracted:
    """`reason` says what is wrong with the answer; None where all of it could be used. `misfit` is what of that another
    answer may do better: a value that the text does not hold is no fault of the answer.
    """

    values: dict[str, Any]
    reason: str | None = None
    misfit: str | None = None


def extract(answer: str, parameters: Sequence[Parameter]) -> Extracted:
    """Every parameter, each of its type."""
    found = find_json(answer)
    if not isinstance(found, dict):
        empty = {parameter.name: empty_value(parameter.type) for parameter in parameters}
        reason = "The model's answer holds no JSON object to read the parameters from."
        return Extracted(empty, reason, reason)
    values: dict[str, Any] = {}
    faults: list[str] = []
    misfits: list[str] = []
    for parameter in parameters:
        said = found.get(parameter.name)
        value = typed_value(said, parameter)
        values[parameter.name] = empty_value(parameter.type) if value is MISSING else value
        fault = _fault(parameter, said, fits=value is not MISSING)
        if fault:
            faults.append(fault)
            misfits += [fault] if said is not None else []
    return Extracted(values, " ".join(faults) or None, " ".join(misfits) or None)


def empty_value(kind: str) -> Any:
    """What stands for nothing in a type."""
    match kind:
        case "number":
            return 0
        case "boolean":
            return False
        case "object":
            return {}
        case _ if kind.startswith("array["):
            return []
        case _:
            return ""


def typed_value(said: Any, parameter: Parameter) -> Any:
    """What the model said as the parameter's type, or `MISSING`. Items of a list that do not fit are left out."""
    if parameter.type.startswith("array["):
        if not isinstance(said, list):
            return MISSING
        item = parameter.type.removeprefix("array[").rstrip("]")
        return [value for value in (_scalar(each, item) for each in said) if value is not MISSING]
    value = _scalar(said, parameter.type)
    if parameter.options and parameter.type == "string" and value is not MISSING:
        return _option(value, parameter.options)
    return value


def _fault(parameter: Parameter, said: Any, *, fits: bool) -> str | None:
    if said is None:
        return f"The required parameter '{parameter.name}' was not found." if parameter.required else None
    return None if fits else f"The value found for '{parameter.name}' is not {_words(parameter)}."


def _words(parameter: Parameter) -> str:
    return "one of its options" if parameter.options else f"of type {parameter.type}"


def _option(value: str, options: Sequence[str]) -> Any:
    wanted = value.strip().casefold()
    return next((option for option in options if option.strip().casefold() == wanted), MISSING)


def _scalar(said: Any, kind: str) -> Any:
    match kind:
        case "number":
            return _number(said)
        case "boolean":
            return _boolean(said)
        case "object":
            return said if isinstance(said, dict) else MISSING
        case _:
            return _text(said)


def _text(said: Any) -> Any:
    if isinstance(said, str):
        return said
    return str(said) if isinstance(said, int | float) and not isinstance(said, bool) else MISSING


def _number(said: Any) -> Any:
    if isinstance(said, bool):
        return MISSING
    if isinstance(said, str):
        said = _parsed_number(said.strip())
    return said if isinstance(said, int | float) and math.isfinite(said) else MISSING


def _parsed_number(text: str) -> int | float | None:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None


def _boolean(said: Any) -> Any:
    if isinstance(said, bool):
        return said
    word = str(said).strip().lower() if isinstance(said, str | int) else ""
    return word in TRUE_WORDS if word in TRUE_WORDS | FALSE_WORDS else MISSING
