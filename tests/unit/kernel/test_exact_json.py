"""JSON that every reader takes."""

import json
import math
from typing import Any

import pytest

from loomwork.kernel.exact_json import exact_json


def no_default(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not a JSON value")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_becomes_null_wherever_it_stands(number: float) -> None:
    text = exact_json({"a": [number, 2**70], "b": "NaN \ud800", "c": 1.5}, default=no_default)
    assert json.loads(text) == {"a": [None, 2**70], "b": "NaN \ud800", "c": 1.5}


def test_what_the_default_makes_of_a_value_is_made_finite_too() -> None:
    assert exact_json({"a": {1}}, default=lambda _: [math.nan]) == '{"a": [null]}'


def test_what_has_no_json_form_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        exact_json(circle, default=no_default)
    with pytest.raises(TypeError, match="object is not a JSON value"):
        exact_json(object(), default=no_default)
