"""Which mocks a graph has a use for."""

import pytest

from loomwork.engine.ports import NodeSpec
from loomwork.nodes.catalog import mocks_in_use


@pytest.mark.parametrize("name", ["sum", "*variable-aggregator", "*variable-assigner", "*Variable_Aggregator"])
def test_a_mock_is_used_by_a_node_of_its_id_or_of_any_name_of_its_type(name: str) -> None:
    nodes = [NodeSpec("sum", "variable-assigner", "Sum", {}), NodeSpec("inner", "llm", "Inner", {}, container="loop")]
    assert mocks_in_use([name, "inner"], nodes) == {name, "inner"}


@pytest.mark.parametrize("name", ["Sum", "*sum", "llm", "*", "*code"])
def test_a_mock_that_nothing_goes_by_is_not_used(name: str) -> None:
    assert mocks_in_use([name], [NodeSpec("sum", "llm", "Sum", {})]) == set()
