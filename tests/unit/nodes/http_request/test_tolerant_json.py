"""JSON that is nearly right."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.nodes.http_request.tolerant_json import NotJson, read_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"text"', "text"),
        ('{"a": "two\nlines\tand a tab"}', {"a": "two\nlines\tand a tab"}),
        ('{"a": "he said "yes" twice", "b": 1}', {"a": 'he said "yes" twice', "b": 1}),
        ('{"a": ""}', {"a": ""}),
        ('{"a": 1,}', {"a": 1}),
        ("[1, 2,, 3,]", [1, 2, 3]),
        ("{'a': 'b'}", {"a": "b"}),
        ("{a: b, c: True, d: None}", {"a": "b", "c": True, "d": None}),
        ('{"a": {"b": [1, 2', {"a": {"b": [1, 2]}}),
        ('{"a": "open', {"a": "open"}),
        ('{"a": , "b": 2}', {"a": None, "b": 2}),
        ('{"a": {"b": 1}, "c": }', {"a": {"b": 1}, "c": None}),
        (r"""{'a': "\u00e9\n\"x\"" }""", {"a": 'é\n"x"'}),
        ('{"a": 1.5e3, "b": -2,}', {"a": 1500.0, "b": -2}),
        ('{"url": "https://x.example/?a=b,c", "q": "a, b",}', {"url": "https://x.example/?a=b,c", "q": "a, b"}),
    ],
)
def test_what_is_nearly_json_is_read_as_it_was_meant(text: str, value: Any) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize("text", ["", "hello", "5 6", "{]", '{"a" 1}', '{"a": 1} extra', "[}", "[:]", "<p>no</p>"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        read_json(text)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 70 + "x", '["' * 100_000, '{"a":"' + '"b' * 300_000]
)
def test_a_hostile_text_is_read_or_refused_and_does_not_take_long(text: str) -> None:
    try:
        read_json(text)
    except NotJson:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_is_read_as_json(value: Any) -> None:
    assert read_json(json.dumps(value)) == value


@given(st.text(alphabet="{}[]:,\"'\\a1 \n"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_json(text)
    except NotJson:
        return
