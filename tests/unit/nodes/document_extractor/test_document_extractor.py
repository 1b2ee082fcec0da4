"""Making text of files."""

from typing import Any

import pytest

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File
from loomwork.nodes.document_extractor import DocumentExtractorType
from loomwork.nodes.document_extractor.node import name_of
from loomwork.nodes.ports import DocumentTypeUnsupported
from tests.unit.nodes.bench import Bench
from tests.unit.nodes.outside import FilesByUrl

A = File("document", "remote_url", url="https://files.example/a.md", name="a.md", mime_type="text/markdown")
B = File("document", "remote_url", url="https://files.example/b.md")
HERE = File("document", "local_file", url="/home/someone/c.md", name="c.md")
FILES = FilesByUrl({"https://files.example/a.md": b"A", "https://files.example/b.md": b"B", HERE.url or "": b"C"})


class Parser:
    """Says what it was given."""

    async def parse(self, content: bytes, *, name: str, mime_type: str) -> str:
        if content == b"B" and mime_type == "video/mp4":
            raise DocumentTypeUnsupported(f"{name} is a film.")
        return f"{content.decode()} {name} {mime_type}".strip()


@pytest.fixture
def bench() -> Bench:
    return Bench({"document-extractor": DocumentExtractorType(FILES, Parser())}.__getitem__)


async def text_of(bench: Bench, value: Any, **config: Any) -> Any:
    config = {"variable_selector": ["v", "f"], **config}
    return (await bench.run("document-extractor", config, {"v": {"f": value}})).outputs["text"]


async def test_a_file_becomes_a_text(bench: Bench) -> None:
    assert await text_of(bench, A) == "A a.md text/markdown"


async def test_files_become_a_list_of_texts_in_their_order(bench: Bench) -> None:
    assert await text_of(bench, [A, B], is_array_file=False) == ["A a.md text/markdown", "B b.md"]
    assert await text_of(bench, [], is_array_file=True) == []


@pytest.mark.parametrize("value", ["text", 5, {"url": "x"}, [A, "text"]])
async def test_what_is_no_file_fails_the_node(bench: Bench, value: Any) -> None:
    with pytest.raises(NodeError, match="neither a file nor a list"):
        await text_of(bench, value)


async def test_no_file_fails_the_node(bench: Bench) -> None:
    with pytest.raises(NodeError, match=r"no file in 'v\.f'"):
        await text_of(bench, None)
    with pytest.raises(NodeError, match=r"no file in 'x\.y'"):
        await text_of(bench, A, variable_selector=["x", "y"])


async def test_a_document_that_cannot_be_read_fails_the_node(bench: Bench) -> None:
    with pytest.raises(NodeError, match="is a film") as failed:
        await text_of(bench, File("video", "remote_url", url=B.url, name="b.mp4", mime_type="video/mp4"))
    assert (failed.value.code, failed.value.retryable) == ("document_type_unsupported", False)


async def test_a_file_that_cannot_be_had_fails_the_node(bench: Bench) -> None:
    with pytest.raises(NodeError) as failed:
        await text_of(bench, File("document", "remote_url", url="https://files.example/gone"))
    assert (failed.value.code, failed.value.retryable) == ("file_unreadable", True)


async def test_a_file_of_this_machine_is_only_read_where_it_was_given_to_the_run(bench: Bench) -> None:
    with pytest.raises(NodeError, match="was not given to this run"):
        await text_of(bench, HERE)
    bench.inputs = {"doc": HERE.wire()}
    with pytest.raises(NodeError, match="was not given to this run"):
        await text_of(bench, HERE)
    bench.inputs = {"docs": [A, HERE]}
    assert await text_of(bench, HERE) == "C c.md"


async def test_files_of_this_machine_may_be_given_beside_a_form(bench: Bench) -> None:
    run = await bench.run("document-extractor", {"variable_selector": ["sys", "files"]}, {"sys": {"files": [HERE]}})
    assert run.outputs["text"] == ["C c.md"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (File("document", "remote_url", name="a.pdf", extension=".txt"), "a.pdf"),
        (File("document", "remote_url", name="a", extension="pdf"), "a.pdf"),
        (File("document", "remote_url", extension=".pdf"), "file.pdf"),
        (File("document", "remote_url", url="https://x.example/d%20e.docx?y=1.z"), "d e.docx"),
        (File("document", "remote_url", url="data:text/plain,a.b", name="x"), "x"),
        (File("document", "remote_url", url="https://x.example/"), ""),
    ],
)
def test_a_file_is_known_by_its_name_or_its_address(file: File, name: str) -> None:
    assert name_of(file) == name
