"""What the compiler accepts, what it reports, and what it refuses."""

from collections.abc import Callable
from typing import Any

from loomwork.engine import compile_graph
from loomwork.engine.graph.scopes import NameScope
from loomwork.engine.ports import Binder, GraphSpec, NodeSpec

Make = Callable[..., Any]


def codes(compilation: Any) -> list[tuple[str, str]]:
    return [(problem.level, problem.code) for problem in compilation.problems]


def test_a_cycle_is_an_error_that_names_its_nodes(graph: Make, node: Make, root: Any) -> None:
    compilation = graph({"s": root, "a": node(), "b": node()}, "s>a, a>b, b>a").compiled()
    assert compilation.plan is None
    assert codes(compilation) == [("error", "cycle")]
    assert "'a'" in compilation.problems[0].message


def test_an_edge_from_a_node_to_itself_is_dropped_with_a_warning(graph: Make, node: Make, root: Any) -> None:
    compilation = graph({"s": root, "a": node()}, "s>s, s>a").compiled()
    assert codes(compilation) == [("warning", "self_edge")]
    assert compilation.plan is not None


def test_a_graph_without_a_root_is_an_error(graph: Make, node: Make) -> None:
    compilation = graph({"a": node(), "b": node()}, "a>b").compiled()
    assert compilation.plan is None
    assert codes(compilation) == [("error", "no_root")]


def test_an_edge_to_nowhere_is_dropped_with_a_warning(graph: Make, node: Make, root: Any) -> None:
    compilation = graph({"s": root, "a": node()}, "s>a, a>ghost, ghost>a").compiled()
    assert codes(compilation) == [("warning", "dangling_edge"), ("warning", "dangling_edge")]
    assert compilation.plan.nodes[1].in_degree == 1


def test_an_unreachable_node_is_left_out_and_does_not_hold_up_a_join(graph: Make, node: Make, root: Any) -> None:
    compilation = graph({"s": root, "island": node(), "join": node()}, "s>join, island>join").compiled()
    assert codes(compilation) == [("warning", "unreachable_node")]
    assert [plan_node.id for plan_node in compilation.plan.nodes] == ["s", "join"]
    assert compilation.plan.nodes[1].in_degree == 1


def test_a_selector_that_nothing_sets_is_reported_once(graph: Make, node: Make, root: Any) -> None:
    reader = node(reads=[("x", ["ghost", "text"]), ("y", ["ghost", "text"])])
    compilation = graph({"s": root, "a": reader}, "s>a").compiled()
    assert codes(compilation) == [("warning", "unset_selector")]
    assert "ghost.text" in compilation.problems[0].message


def test_a_selector_with_a_dotted_namespace_is_split(graph: Make, node: Make, root: Any) -> None:
    reader = node(reads=[("x", ["s", "sys.query"]), ("y", ["sys.query"])])
    compilation = graph({"s": root, "a": reader}, "s>a").compiled()
    assert compilation.problems == []
    assert [ref.selector for _, ref in compilation.plan.nodes[1].node.inputs] == [("sys", "query")] * 2


class Looking:
    """A type whose nodes find out what they could read from."""

    def __init__(self, root: Any) -> None:
        self.is_root = True
        self.kinds: dict[str, dict[str, str]] = {}
        self._root = root

    def compile(self, spec: NodeSpec, binder: Binder) -> Any:
        names = ("s", "h", "a", "sys", "env", "conversation", "ghost")
        self.kinds[spec.id] = {name: binder.kind(binder.ref([name, "x"])) for name in names}
        return self._root.compile(spec, binder)


def test_a_node_is_told_what_kind_of_thing_it_reads_from(root: Any) -> None:
    looking = Looking(root)
    specs = [NodeSpec(name, kind, name, {}) for name, kind in (("s", "start"), ("h", "http-request"), ("a", "agent"))]
    specs.append(NodeSpec("sys", "llm", "Named like a reserved word", {}))
    compile_graph(GraphSpec(specs, []), lambda spec: looking)
    reserved = {"sys": "sys", "env": "env", "conversation": "conversation", "ghost": ""}
    assert looking.kinds["a"] == {"s": "start", "h": "http-request", "a": "agent", **reserved}


def test_what_a_container_hands_to_its_rounds_is_of_no_kind() -> None:
    outer = NameScope({"h": 0, "loop": 1, "sys": 2}, kinds={"h": "http-request", "loop": "iteration", "sys": "sys"})
    inner = NameScope({"a": 0, "loop": 1}, outer, kinds={"a": "llm"})
    assert [inner.kind(inner.resolve([name, "x"])) for name in ("a", "h", "sys", "loop")] == [
        "llm",
        "http-request",
        "sys",
        "",
    ]
    assert outer.kind(outer.resolve(["loop", "output"])) == "iteration"


def test_the_start_node_is_the_first_root(root: Any) -> None:
    specs = [NodeSpec("t", "trigger-webhook", "Hook", {}), NodeSpec("s", "start", "Start", {})]
    plan = compile_graph(GraphSpec(specs, []), lambda spec: root).plan
    assert plan is not None
    assert [plan.nodes[index].id for index in plan.roots] == ["s", "t"]


def test_two_nodes_with_one_id_leave_one(graph: Make, node: Make, root: Any) -> None:
    twin = NodeSpec("s", "scripted", "twin", {})
    compilation = compile_graph(GraphSpec([twin, twin], []), lambda spec: root)
    assert codes(compilation) == [("warning", "duplicate_node")]
    assert compilation.plan is not None


def test_compiling_grows_with_the_graph_and_not_with_its_square(graph: Make, node: Make, root: Any) -> None:
    count = 3000
    types = {"n0": root} | {f"n{index}": node() for index in range(1, count)}
    edges = ",".join(f"n{index}>n{index + 1}" for index in range(count - 1))
    assert len(graph(types, edges).compiled().plan.nodes) == count
