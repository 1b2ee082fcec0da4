"""Replies in a chat."""

from loomwork.engine.variables import File
from tests.unit.nodes.bench import Bench

PHOTO = File("image", "remote_url", url="https://example.invalid/a.png", name="a.png")
PAPER = File("document", "remote_url", url="https://example.invalid/b.pdf", name="b.pdf")


async def test_an_answer_reads_as_markdown(bench: Bench) -> None:
    values = {"n1": {"list": ["x", "y"], "map": {"k": "ü"}, "none": None, "yes": True}}
    template = "{{#n1.list#}}|{{#n1.map#}}|{{#n1.none#}}|{{#n1.yes#}}|{{#n1.nothing#}}"
    result = await bench.run("answer", {"answer": template}, values)
    assert result.outputs["answer"] == '- x\n- y|{\n  "k": "ü"\n}||True|n1.nothing'


async def test_files_come_along_and_are_linked(bench: Bench) -> None:
    values = {"n1": {"photo": PHOTO, "papers": [PAPER]}}
    result = await bench.run("answer", {"answer": "{{#n1.photo#}} {{#n1.papers#}}{{#n1.photo#}}"}, values)
    linked = "![a.png](https://example.invalid/a.png)"
    assert result.outputs["answer"] == f"{linked} [b.pdf](https://example.invalid/b.pdf){linked}"
    assert result.outputs["files"] == [PHOTO, PAPER]


def test_its_template_is_what_streams(bench: Bench) -> None:
    node = bench.compile("answer", {"answer": "Hi {{#sys.query#}}!"})
    assert node.response is not None
    assert node.response.is_answer
    assert list(node.response.segments) == ["Hi ", bench.binder.ref(["sys", "query"]), "!"]
    assert not node.ends


async def test_an_answer_of_nothing_is_empty(bench: Bench) -> None:
    assert (await bench.run("answer", {"answer": None})).outputs == {"answer": "", "files": []}
