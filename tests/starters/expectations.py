"""What a right answer to a sample must hold (`x-loomwork.samples[].expect` of a starter app).

`all`: of each list of words at least one stands in the answer or in an output, whatever its case. `outputs`: an output
is one of the values allowed. `fields`: at a dotted path into the outputs stands a number, or a text that holds the
words asked for.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def shortcomings(expect: Mapping[str, Any], outputs: Mapping[str, Any], answer: str | None) -> list[str]:
    """What is not as expected, a sentence each; empty where the answer is right."""
    return [
        *_missing_words(expect.get("all", ()), f"{answer or ''}\n{_as_text(outputs)}"),
        *_wrong_outputs(expect.get("outputs", {}), outputs),
        *_wrong_fields(expect.get("fields", {}), outputs),
    ]


def _missing_words(alternatives: Any, said: str) -> Iterator[str]:
    for words in alternatives:
        if not any(str(word).casefold() in said.casefold() for word in words):
            yield f"none of {words} is said"


def _wrong_outputs(allowed: Mapping[str, Any], outputs: Mapping[str, Any]) -> Iterator[str]:
    for name, values in allowed.items():
        if outputs.get(name) not in values:
            yield f"{name} is {outputs.get(name)!r}, not one of {values}"


def _wrong_fields(wanted: Mapping[str, Any], outputs: Mapping[str, Any]) -> Iterator[str]:
    for path, expected in wanted.items():
        found = _at(outputs, path)
        if not _fits(found, expected):
            yield f"{path} is {found!r}, not {expected!r}"


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _fits(found: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return isinstance(found, str) and expected.casefold() in found.casefold()
    return isinstance(found, int | float) and abs(found - expected) < 1e-9


def _as_text(outputs: Mapping[str, Any]) -> str:
    return "\n".join(
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in outputs.values()
    )
