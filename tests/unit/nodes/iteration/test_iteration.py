"""What an iteration makes of its list, sequentially and in parallel."""

import asyncio
from typing import Any

import pytest

from loomwork.engine.variables import File
from tests.unit.engine.run.rounds import Flow, failing, iteration, source, step

pytestmark = pytest.mark.anyio


async def over(items: Any, *, width: int = 1, collects: tuple[str, str] = ("w", "x"), **config: Any) -> Any:
    """The output of an iteration whose rounds leave their item as `x`, and fail for negative numbers."""

    nodes = {
        "s": source(list=items),
        "it": iteration(["s", "list"], collects, width=width, **config),
        "it/w": failing("negative", when=lambda seen: isinstance(seen.x, int) and seen.x < 0, x=["it", "item"]),
        "e": step(lambda seen: {"out": seen.out}, ends=True, out=["it", "output"]),
    }
    result = await Flow(nodes, "s>it, it_start>w, it>e").run()
    return result.outputs["out"] if result.error is None else result.error


widths = pytest.mark.parametrize("width", [1, 2, 10, 1000])


@widths
async def test_every_item_is_done_and_results_stand_in_its_place(width: int) -> None:
    assert await over(list(range(40)), width=width) == list(range(40))


@widths
@pytest.mark.parametrize("items", [[], None])
async def test_nothing_comes_of_nothing(items: Any, width: int) -> None:
    assert await over(items, width=width) == []


@pytest.mark.parametrize("items", ["text", 3, {"k": 1}, True])
async def test_what_is_no_list_is_refused_by_name(items: Any) -> None:
    error = await over(items)
    assert error["code"] == "not_a_list"
    assert "'s.list'" in error["message"]


async def test_a_list_that_nothing_set_is_refused_by_name() -> None:
    nodes = {"s": source(), "it": iteration(["s", "gone"], ["w", "x"]), "it/w": step()}
    result = await Flow(nodes, "s>it, it_start>w").run()
    assert result.error is not None
    assert (result.error["code"], result.error["node_id"]) == ("not_a_list", "it")
    assert "nothing has set" in result.error["message"]


@widths
async def test_the_first_failing_item_ends_an_iteration_that_terminates(width: int) -> None:
    error = await over([1, -1, 2], width=width, error_handle_mode="terminated")
    assert (error["code"], error["message"]) == ("broken", "Item 2 failed: negative")


@widths
async def test_failing_items_leave_null_in_their_place(width: int) -> None:
    assert await over([1, -1, 2, -2], width=width, error_handle_mode="continue-on-error") == [1, None, 2, None]


@widths
async def test_failing_items_are_left_out(width: int) -> None:
    assert await over([1, -1, 2, -2], width=width, error_handle_mode="remove-abnormal-output") == [1, 2]


@pytest.mark.parametrize(("mode", "expected"), [("continue-on-error", [None, None]), ("remove-abnormal-output", [])])
async def test_an_iteration_whose_items_all_fail_still_ends_well(mode: str, expected: list[Any]) -> None:
    assert await over([-1, -2], error_handle_mode=mode) == expected


async def test_a_mode_that_is_empty_terminates() -> None:
    assert (await over([-1], error_handle_mode=None))["code"] == "broken"
    assert (await over([-1], error_handle_mode=""))["code"] == "broken"


@pytest.mark.parametrize(
    ("items", "flat"),
    [
        ([[1, 2], [3]], [1, 2, 3]),
        ([[1], []], [1]),
        ([[], []], []),
        ([[1], None], [1]),
        ([[[1]], [[2]]], [[1], [2]]),
        ([[1], 2], [[1], 2]),
        (["ab", ["c"]], ["ab", ["c"]]),
        ([None, None], [None, None]),
        ([{"k": [1]}], [{"k": [1]}]),
    ],
)
async def test_lists_become_one_list_where_every_result_is_one(items: list[Any], flat: list[Any]) -> None:
    assert await over(items) == flat
    assert await over(items, flatten_output=False) == items


async def test_lists_are_joined_past_items_that_failed() -> None:
    assert await over([[1], -1, [2]], error_handle_mode="continue-on-error") == [1, 2]


async def test_each_round_has_its_item_and_its_index() -> None:
    assert await over(["a", "b"], collects=("it", "item")) == ["a", "b"]
    assert await over(["a", "b"], collects=("it", "index")) == [0, 1]


async def test_items_are_handed_in_as_they_are() -> None:
    file = File(type="document", transfer_method="remote_url", url="https://example.invalid/a", name="a")
    rows = [{"k": [1]}, None, file]
    seen = await over(rows, flatten_output=False)
    assert all(got is row for got, row in zip(seen, rows, strict=True))


async def test_an_output_that_a_round_did_not_set_is_null() -> None:
    assert await over([1, 2], collects=("w", "never")) == [None, None]
    assert await over([1, 2], collects=("nobody", "x")) == [None, None]


@pytest.mark.parametrize(("written", "most"), [("3", 3), (0, 1), (-5, 1), ("many", 10), (None, 10)])
async def test_the_width_is_read_from_whatever_files_write(written: Any, most: int) -> None:
    running, highest = 0, 0

    async def work(seen: Any) -> None:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        for _ in range(50):
            await asyncio.sleep(0)
        running -= 1

    config = {"is_parallel": True, "parallel_nums": written}
    nodes = {
        "s": source(list=list(range(12))),
        "it": iteration(["s", "list"], ["w", "x"]).having(**config),
        "it/w": step(work),
    }
    assert (await Flow(nodes, "s>it, it_start>w").run()).status == "succeeded"
    assert highest == most


async def test_without_the_parallel_switch_a_width_means_nothing() -> None:
    order: list[str] = []

    async def work(seen: Any) -> None:
        order.append(f"+{seen.n}")
        await asyncio.sleep(0)
        order.append(f"-{seen.n}")

    nodes = {
        "s": source(list=[1, 2]),
        "it": iteration(["s", "list"], ["w", "x"]).having(is_parallel=False, parallel_nums=5),
        "it/w": step(work, n=["it", "item"]),
    }
    await Flow(nodes, "s>it, it_start>w").run()
    assert order == ["+1", "-1", "+2", "-2"]
