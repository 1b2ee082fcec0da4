from pathlib import Path

import pytest

from loomwork.engine.ports import NodeSpec, NodeType
from loomwork.nodes.code import CodeType
from loomwork.nodes.human_input import HumanInputType
from loomwork.nodes.known import KNOWN_TYPES, canonical
from tests.corpus.bars import reading_shortfalls, running_shortfalls
from tests.corpus.files import broken_files, corpus_files
from tests.corpus.measuring import ReadResult, crashes, read_and_write, run_all
from tests.unit.nodes.bench import SlotBinder


@pytest.fixture(scope="module")
def reads(corpus_dir: Path) -> list[ReadResult]:
    return [read_and_write(file) for file in corpus_files(corpus_dir)]


def nodes_of(reads: list[ReadResult]) -> list[NodeSpec]:
    """Every node of every graph."""
    graphs = [read.document.graph for read in reads if read.document is not None]
    return [spec for graph in graphs if graph is not None for spec in graph.nodes]


def test_every_file_is_accepted_and_written_back_equal(reads: list[ReadResult]) -> None:
    assert reads
    assert [(read.file.path.name, read.trouble) for read in reads if read.trouble] == []
    assert reading_shortfalls(reads) == []


@pytest.mark.anyio
async def test_enough_graph_apps_run_to_the_end_with_everything_outside_mocked(reads: list[ReadResult]) -> None:
    assert running_shortfalls(await run_all(reads)) == []


@pytest.mark.anyio
async def test_broken_files_never_crash_anything(corpus_dir: Path) -> None:
    assert await crashes(broken_files(corpus_dir)) == []


def test_every_node_is_of_a_type_that_is_known(reads: list[ReadResult]) -> None:
    assert {canonical(spec.type) for spec in nodes_of(reads)} - set(KNOWN_TYPES) == set()


def test_every_code_node_and_form_can_be_used_as_it_is_written(reads: list[ReadResult]) -> None:
    types: dict[str, NodeType] = {"code": CodeType(None), "human-input": HumanInputType()}
    specs = [spec for spec in nodes_of(reads) if spec.type in types]
    assert {spec.type for spec in specs} == set(types)
    for spec in specs:
        types[spec.type].compile(spec, SlotBinder())
