"""JSON as it goes over the wire."""

import json
import math
from typing import Any

import pytest

from loomwork.interface.http.encoding import to_json


def no_constants(word: str) -> Any:
    pytest.fail(f"{word} is no JSON")


@pytest.mark.parametrize("beside", [1, 2**70, "\ud800"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_null_whatever_stands_beside_it(number: float, beside: Any) -> None:
    text = to_json({"number": number, "beside": beside})
    assert json.loads(text, parse_constant=no_constants) == {"number": None, "beside": beside}
