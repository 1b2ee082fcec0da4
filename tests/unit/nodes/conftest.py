"""A bench to run nodes on, with a model that says what the test scripts."""

from collections.abc import Mapping

import pytest

from loomwork.engine.ports import NodeType
from loomwork.nodes.ports import Outside
from loomwork.nodes.registry import node_types
from tests.unit.nodes.bench import Bench, ScriptedModels
from tests.unit.nodes.outside import refusing


@pytest.fixture
def models() -> ScriptedModels:
    return ScriptedModels()


@pytest.fixture
def outside() -> Outside:
    return refusing()


@pytest.fixture
def types(models: ScriptedModels, outside: Outside) -> Mapping[str, NodeType]:
    return node_types(models, outside)


@pytest.fixture
def bench(types: Mapping[str, NodeType]) -> Bench:
    return Bench(types.__getitem__)
