"""Containers inside containers, as documents place them."""

import pytest
import yaml

from loomwork.dsl import DslError, read_document
from loomwork.dsl.graph import MAX_NESTING


def nested(depth: int, *, inwards: bool) -> str:
    """A workflow of so many loops, each inside the one before, listed from the outside in or from the inside out."""
    nodes = [
        {"id": f"c{level}", "data": {"type": "loop"}, **({"parentId": f"c{level - 1}"} if level else {})}
        for level in range(depth)
    ]
    listed = nodes if inwards else nodes[::-1]
    graph = {"nodes": [{"id": "s", "data": {"type": "start"}}, *listed], "edges": []}
    return yaml.safe_dump({"app": {"name": "Deep", "mode": "workflow"}, "workflow": {"graph": graph}})


@pytest.mark.parametrize("inwards", [True, False])
@pytest.mark.parametrize("depth", [MAX_NESTING + 2, 3_000])
def test_containers_nested_beyond_the_limit_are_refused(depth: int, inwards: bool) -> None:
    with pytest.raises(DslError) as refused:
        read_document(nested(depth, inwards=inwards))
    assert [problem.code for problem in refused.value.problems] == ["too_deep"]


@pytest.mark.parametrize("inwards", [True, False])
def test_containers_nested_up_to_the_limit_know_their_places(inwards: bool) -> None:
    document = read_document(nested(MAX_NESTING, inwards=inwards))
    assert document.graph is not None
    homes = {node.id: node.container for node in document.graph.nodes if node.type == "loop"}
    assert homes == {f"c{level}": f"c{level - 1}" if level else None for level in range(MAX_NESTING)}


def test_a_flag_names_the_only_container_of_its_type() -> None:
    nodes = [
        {"id": "s", "data": {"type": "start"}},
        {"id": "i", "data": {"type": "iteration"}},
        {"id": "x", "data": {"type": "answer", "isInIteration": True}},
    ]
    tree = {"app": {"name": "Flag", "mode": "workflow"}, "workflow": {"graph": {"nodes": nodes, "edges": []}}}
    document = read_document(yaml.safe_dump(tree))
    assert document.graph is not None
    assert {node.id: node.container for node in document.graph.nodes} == {"s": None, "i": None, "x": "i"}
