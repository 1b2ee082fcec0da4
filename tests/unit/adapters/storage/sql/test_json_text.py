"""JSON as it lies in a column."""

import math
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.adapters.storage.sql.json_text import NotStorable, decode, encode
from loomwork.engine.variables import File

ANY_TEXT = st.text(st.characters(codec=None))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=20)


@given(VALUES)
def test_every_json_value_comes_back_as_it_went_in(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize("beside", [1, 2**70, "\ud800"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_null_whatever_stands_beside_it(number: float, beside: Any) -> None:
    assert decode(encode({"number": number, "beside": beside})) == {"number": None, "beside": beside}


def test_the_order_of_keys_is_kept() -> None:
    assert list(decode(encode({"b": 1, "a": 2, "c": 3}))) == ["b", "a", "c"]


def test_a_file_becomes_its_wire_form_wherever_it_stands() -> None:
    file = File("image", "local_file", related_id="f1", name="a.png")
    assert decode(encode({"files": [file]})) == {"files": [file.wire()]}
    assert decode(encode({"files": [file], "big": 2**70}))["files"] == [file.wire()]


def test_maps_and_sequences_of_any_kind_become_objects_and_arrays() -> None:
    assert decode(encode(MappingProxyType({"a": (1, 2)}))) == {"a": [1, 2]}


@pytest.mark.parametrize("value", [object(), b"bytes", {"deep": {1, object()}}])
def test_what_json_cannot_say_gets_a_sentence(value: Any) -> None:
    with pytest.raises(NotStorable, match="cannot be stored as JSON") as caught:
        encode(value)
    assert caught.value.code == "invalid_input"


def test_a_value_nested_without_end_gets_a_sentence() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotStorable, match="nested too deeply"):
        encode(value)
