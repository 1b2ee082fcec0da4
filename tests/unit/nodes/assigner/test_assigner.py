"""What an assigner writes where, and what it refuses."""

from typing import Any

import pytest

from loomwork.engine import RunResult
from loomwork.nodes.assigner import AssignerType
from tests.unit.engine.run.rounds import Flow, Part, assign, item, iteration, loop, source, step, variable

pytestmark = pytest.mark.anyio

V = ("conversation", "v")


async def after(
    operation: str, standing: Any, *, constant: Any = None, given: Any = None, source_set: bool = False
) -> Any:
    """What `conversation.v` holds after one assignment, or the error's code."""
    written = item(V, operation, of=["s", "x"] if source_set else None, constant=constant)
    result = await Flow({"s": source(x=given), "w": assign(written)}, "s>w").run(conversation={"v": standing})
    return outcome(result)


def outcome(result: RunResult) -> Any:
    return result.written["conversation"]["v"] if result.error is None else result.error["code"]


@pytest.mark.parametrize(
    ("operation", "standing", "given", "expected"),
    [
        ("over-write", "a", "b", "b"),
        ("over-write", 1, 2.5, 2.5),
        ("over-write", [1], [], []),
        ("over-write", {"k": 1}, {}, {}),
        ("over-write", "a", None, None),
        ("over-write", None, [1], [1]),
        ("append", ["a"], "b", ["a", "b"]),
        ("append", [], {"k": 1}, [{"k": 1}]),
        ("extend", [1], [2, 3], [1, 2, 3]),
        ("extend", [1], [], [1]),
        ("+=", 1, 2, 3),
        ("-=", 1, 2, -1),
        ("*=", 1.5, 2, 3.0),
        ("/=", 3, 2, 1.5),
        ("+=", 1, "2", 3),
    ],
)
async def test_each_operation_makes_of_a_variable_what_it_says(
    operation: str, standing: Any, given: Any, expected: Any
) -> None:
    assert await after(operation, standing, given=given, source_set=True) == expected


@pytest.mark.parametrize(
    ("operation", "standing", "constant", "expected"),
    [
        ("set", "a", "b", "b"),
        ("set", 1, 2, 2),
        ("set", 1, "2.5", 2.5),
        ("set", True, "false", False),
        ("set", ["a"], '["b"]', ["b"]),
        ("set", {"k": 1}, '{"k": 2}', {"k": 2}),
        ("set", "a", "[1]", "[1]"),
        ("+=", 1, "1.5", 2.5),
        ("clear", "a", None, ""),
        ("clear", 3, None, 0),
        ("clear", True, None, False),
        ("clear", [1], None, []),
        ("clear", {"k": 1}, None, {}),
        ("clear", None, None, None),
        ("remove-first", [1, 2], None, [2]),
        ("remove-last", [1, 2], None, [1]),
        ("remove-first", [], None, []),
        ("remove-last", [], None, []),
    ],
)
async def test_constants_may_be_written_as_text(operation: str, standing: Any, constant: Any, expected: Any) -> None:
    got = await after(operation, standing, constant=constant)
    assert (got, type(got)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("operation", "standing", "given"),
    [
        ("over-write", "a", 1),
        ("over-write", 1, True),
        ("over-write", [1], {"k": 1}),
        ("set", 1, "many"),
        ("set", ["a"], "not a list"),
        ("append", "text", "a"),
        ("append", ["a"], 1),
        ("append", [1], True),
        ("append", ["a"], None),
        ("extend", ["a"], "b"),
        ("extend", ["a"], [1]),
        ("remove-first", "text", None),
        ("remove-last", {"k": 1}, None),
        ("+=", "a", 1),
        ("+=", 1, "one"),
        ("+=", True, 1),
        ("+=", 1, [1]),
        ("-=", None, 1),
        ("/=", 1, 0),
        ("*=", 1e300, 1e300),
        ("*=", 10**300, 10**300),
        ("+=", 1, "inf"),
        ("+=", 1, "nan"),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_with_a_sentence(operation: str, standing: Any, given: Any) -> None:
    given_how = {"constant": given} if operation == "set" else {"given": given, "source_set": True}
    assert await after(operation, standing, **given_how) == "invalid_assignment"


async def test_the_sentence_names_the_variable_and_what_is_wrong() -> None:
    nodes = {"s": source(), "w": assign(item(V, "/=", constant=0))}
    result = await Flow(nodes, "s>w").run(conversation={"v": 1})
    assert result.error is not None
    assert result.error["message"].startswith("'conversation.v' cannot be changed by '/=': it cannot be computed")


@pytest.mark.parametrize(
    ("write_mode", "standing", "given", "expected"),
    [("over-write", "a", "b", "b"), ("append", ["a"], "b", ["a", "b"]), ("clear", [1], None, [])],
)
async def test_the_first_form_writes_one_variable(write_mode: str, standing: Any, given: Any, expected: Any) -> None:
    data = {
        "assigned_variable_selector": ["conversation", "v"],
        "write_mode": write_mode,
        "input_variable_selector": ["s", "x"],
    }
    flow = Flow({"s": source(x=given), "w": Part(AssignerType(), data, "assigner")}, "s>w")
    assert outcome(await flow.run(conversation={"v": standing})) == expected


async def test_each_assignment_sees_what_those_before_it_wrote() -> None:
    items = [
        item(V, "set", constant=2),
        item(V, "*=", constant=10),
        item(["conversation", "o"], "set", constant={"k": 5}),
        item(["conversation", "copy"], "over-write", of=V),
        item(["conversation", "part"], "over-write", of=["conversation", "o", "k"]),
    ]
    started = {"v": 1, "copy": 0, "part": 0, "o": {"k": 1}}
    result = await Flow({"s": source(), "w": assign(*items)}, "s>w").run(conversation=started)
    assert result.written["conversation"] == {"v": 20, "o": {"k": 5}, "copy": 20, "part": 5}


async def test_nothing_is_written_where_one_of_several_assignments_fails() -> None:
    nodes = {"s": source(), "w": assign(item(V, "set", constant=2), item(V, "append", constant=3))}
    result = await Flow(nodes, "s>w").run(conversation={"v": 1})
    assert (result.status, result.written) == ("failed", {})


async def test_a_list_that_was_shown_is_not_changed_by_a_later_append() -> None:
    first = ["a"]
    nodes = {"s": source(), "w": assign(item(V, "append", constant="b"))}
    result = await Flow(nodes, "s>w").run(conversation={"v": first})
    assert outcome(result) == ["a", "b"]
    assert first == ["a"]


@pytest.mark.parametrize(
    "target",
    [["env", "key"], ["sys", "query"], ["s", "x"], ["nobody", "x"], ["conversation"], [], ["conversation", "v", "k"]],
)
async def test_only_variables_of_the_conversation_and_of_loops_can_be_written(target: list[str]) -> None:
    nodes = {"s": source(x=1), "w": assign(item(target, "over-write", of=["s", "x"]))}
    flow = Flow(nodes, "s>w")
    result = await flow.run(conversation={"v": 1}, env={"key": "secret"}, sys={"query": "q"})
    assert (result.status, result.written) == ("failed", {})
    assert result.error is not None
    assert "cannot be written" in result.error["message"]
    assert "invalid_config" in [problem.code for problem in flow.compiled().problems]


async def test_an_iterations_item_cannot_be_written() -> None:
    nodes = {
        "s": source(list=[1]),
        "it": iteration(["s", "list"], ["w", "x"]),
        "it/w": assign(item(["it", "item"], "set", constant=2)),
    }
    result = await Flow(nodes, "s>it, it_start>w").run()
    assert result.status == "failed"


async def test_a_loop_is_written_from_a_loop_inside_it_and_not_from_outside() -> None:
    nodes = {
        "s": source(),
        "lo": loop(1, variable("n", "1", kind="number")),
        "lo/in": loop(3),
        "lo/in/w": assign(item(["lo", "n"], "*=", constant=2)),
        "e": step(lambda seen: {"n": seen.n}, ends=True, n=["lo", "n"]),
    }
    result = await Flow(nodes, "s>lo, lo_start>in, in_start>w, lo>e").run()
    assert result.outputs == {"n": 8}
    outside = await Flow(
        {**nodes, "w2": assign(item(["lo", "n"], "set", constant=1))}, "s>lo, lo_start>in, lo>w2"
    ).run()
    assert outside.status == "failed"


@pytest.mark.parametrize("what", ["target", "source"])
async def test_a_variable_that_does_not_exist_is_named(what: str) -> None:
    written = (
        item(["conversation", "gone"], "set", constant=1) if what == "target" else item(V, "over-write", of=["s", "no"])
    )
    result = await Flow({"s": source(), "w": assign(written)}, "s>w").run(conversation={"v": 1})
    assert result.error is not None
    assert result.error["code"] == "variable_not_found"
    assert ("'conversation.gone'" if what == "target" else "'s.no'") in result.error["message"]


async def test_an_operation_that_does_not_exist_is_told_when_the_app_is_read() -> None:
    flow = Flow({"s": source(), "w": assign(item(V, "explode"))}, "s>w")
    assert any("explode" in problem.message for problem in flow.compiled().problems)
    assert (await flow.run(conversation={"v": 1})).status == "failed"
