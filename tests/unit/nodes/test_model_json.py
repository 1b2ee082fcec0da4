"""JSON out of what models say."""

from typing import Any

import pytest

from loomwork.engine.variables import MISSING
from loomwork.nodes.model_json import find_json


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (' {"a": 1} ', {"a": 1}),
        ("[1]", [1]),
        ('Sure! ```json\n{"a": [1, 2]}\n``` Anything else?', {"a": [1, 2]}),
        ('use {braces} like {"a": 1}', {"a": 1}),
        ('<think>{"a": 2}</think><THINK>x</THINK>{"a": 1}', {"a": 1}),
        ('<think>never ends {"a": 1}', {"a": 1}),
        ("<think>" * 100_000, MISSING),
        ("5", MISSING),
        ("no", MISSING),
        ("{" * 10_000, MISSING),
        ("[" * 200_000, MISSING),
    ],
)
def test_the_first_object_or_list_is_found(answer: str, found: Any) -> None:
    assert find_json(answer) == found
