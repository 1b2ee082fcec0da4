"""What a workflow gives back."""

from loomwork.engine.ports import Response
from tests.unit.nodes.bench import Bench

CONFIG = {
    "outputs": [
        {"variable": "a", "value_selector": ["n1", "x"], "value_type": "string"},
        {"variable": "b", "value_selector": [17, "y"]},
        {"variable": "c", "value_selector": []},
    ]
}


async def test_outputs_are_read_by_selector_and_what_was_never_set_is_null(bench: Bench) -> None:
    result = await bench.run("end", CONFIG, {"n1": {"x": [1]}})
    assert result.outputs == {"a": [1], "b": None, "c": None}


def test_its_variables_stream_in_list_order_a_line_each(bench: Bench) -> None:
    node = bench.compile("end", CONFIG)
    first, second = bench.binder.ref(["n1", "x"]), bench.binder.ref(["17", "y"])
    assert node.response == Response([first, "\n", second], is_answer=False)
    assert node.ends


async def test_an_end_without_outputs_gives_nothing_back(bench: Bench) -> None:
    node = bench.compile("end", {"outputs": None})
    assert node.response is None
    assert (await bench.run("end", {"outputs": None})).outputs == {}
