"""Documents as files: within limits, whoever wrote them."""

import json

import pytest

from loomwork.adapters.openapi import loading
from loomwork.adapters.openapi.loading import DEEPEST, load
from loomwork.tools.api import ApiDocumentInvalid

YAML = """
openapi: 3.1.0
info: {title: Yes, version: 2024-05-01}
on: &shared {a: 1}
paths: {x: *shared}
responses: {200: no}
"""


def test_yaml_is_read_as_json_would_be() -> None:
    tree = load(YAML.encode())
    assert tree["info"] == {"title": "Yes", "version": "2024-05-01"}
    assert tree["paths"] == {"x": {"a": 1}}
    assert tree["on"] == {"a": 1}
    assert tree["responses"] == {200: "no"}


@pytest.mark.parametrize(
    "text", ['\ufeff{"a": [1, 2.5, null, true]}', "a: [1, 2.5, null, true]", "{a: [1, 2.5, ~, True]}"]
)
def test_json_and_yaml_are_told_apart(text: str) -> None:
    assert load(text.encode()) == {"a": [1, 2.5, None, True]}
    assert load(text.encode("utf-16")) == {"a": [1, 2.5, None, True]}


def bomb() -> str:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(levels)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("once its aliases are written out", bomb()),
        ("contains itself", "a: &a [*a]"),
        ("nested deeper", "[" * 5_000),
        ("nested deeper", '{"a":' * 100_000),
        ("nested deeper", '{"a":' * (DEEPEST + 2) + "1" + "}" * (DEEPEST + 2)),
        ("nested deeper", "\n".join("  " * n + "a:" for n in range(DEEPEST + 5))),
        ("no YAML", "a: !!python/object/apply:os.system ['true']"),
        ("no YAML", "a: [1"),
        ("no YAML", "? [a]\n: 1"),
        ("no YAML", "\x00"),
        ("no object", "just words"),
        ("no object", "[]"),
        ("no object", ""),
    ],
)
def test_a_hostile_document_is_refused_in_a_sentence(sentence: str, text: str) -> None:
    with pytest.raises(ApiDocumentInvalid) as caught:
        load(text.encode())
    assert sentence in caught.value.message


def test_bytes_that_are_no_text_are_refused() -> None:
    for content in (b"\xff\xfe\x00", b"\x80\x81", b"PK\x03\x04\xff"):
        with pytest.raises(ApiDocumentInvalid):
            load(content)


def test_a_document_of_any_size_is_refused_beyond_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGEST", 1_000)
    monkeypatch.setattr(loading, "LARGEST_YAML", 500)
    with pytest.raises(ApiDocumentInvalid, match="larger than"):
        load(json.dumps({"a": "x" * 1_000}).encode())
    with pytest.raises(ApiDocumentInvalid, match="use JSON"):
        load(b"a: " + b"x" * 600)
    monkeypatch.setattr(loading, "MOST_NODES", 100)
    with pytest.raises(ApiDocumentInvalid, match="too large"):
        load(json.dumps({"a": [1] * 200}).encode())


def test_numbers_of_any_length_end() -> None:
    assert isinstance(load(b"a: " + b"9" * 5_000)["a"], str)
    with pytest.raises(ApiDocumentInvalid):
        load(b'{"a": ' + b"9" * 5_000 + b"}}")
