"""What the answer to a sample must be: always of the shape that its app promises, and nearly always right.

What is right stands in the starter app (`x-loomwork.samples[].expect`). `all`: of each list of words at least one
stands in the answer or in an output, whatever its case. `outputs`: an output is one of the values allowed. `fields`: at
a dotted path into the outputs stands a number, or a text that holds the words asked for.

Why nearly: where two words are about as likely, a model of this size takes the one on one processor and the other on
the next, and a temperature over 0 makes it a draw. One sample that goes wrong says little; two of one starter, or four
of all, say that something broke.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

MAY_FALL_SHORT_OF_A_STARTER = 1
MAY_FALL_SHORT_OF_ALL = 3

Findings = Mapping[str, Mapping[str, Sequence[str]]]
"""Of each starter, what each of its samples falls short of; nothing where the answer was right."""


def misshapen(document: Mapping[str, Any], outputs: Mapping[str, Any], answer: str | None) -> list[str]:
    """What is not as the app promises, a sentence each: an empty text, a class that is none, fields off the schema."""
    nodes = {node["id"]: node["data"] for node in document["workflow"]["graph"]["nodes"]}
    promised = [output for node in nodes.values() if node["type"] == "end" for output in node["outputs"]]
    if not promised:
        return [] if (answer or "").strip() else ["the answer is empty"]
    wrong = [] if {output["variable"] for output in promised} == set(outputs) else [f"the outputs are {set(outputs)}"]
    for output in promised:
        node, field = output["value_selector"]
        wrong += _misfits(output["variable"], outputs.get(output["variable"]), nodes[node], field)
    return wrong


def _misfits(name: str, value: Any, source: Mapping[str, Any], field: str) -> Iterable[str]:
    if field == "structured_output":
        schema = source["structured_output"]["schema"]
        return [f"{name}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]
    if field == "class_name":
        return [] if value in [each["name"] for each in source["classes"]] else [f"{name} is {value!r}, no class"]
    return [] if isinstance(value, str) and value.strip() else [f"{name} is {value!r}, no text"]


def regressions(findings: Findings) -> list[str]:
    """What is too much to be chance, a sentence each; empty where the answers are good enough."""
    short = {starter: [title for title, found in samples.items() if found] for starter, samples in findings.items()}
    wrong = [
        f"{starter}: {len(titles)} of {len(findings[starter])} samples fall short ({', '.join(titles)})"
        for starter, titles in short.items()
        if len(titles) > MAY_FALL_SHORT_OF_A_STARTER
    ]
    if (total := sum(map(len, short.values()))) > MAY_FALL_SHORT_OF_ALL:
        wrong.append(f"{total} samples of all starters fall short")
    return wrong


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
