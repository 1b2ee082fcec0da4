"""Text from Jinja templates: harmless ones here, the others in a worker."""

from collections.abc import Mapping
from typing import Any

import pytest

from loomwork.engine.ports import NodeError, NodeSpec, NodeType
from loomwork.engine.variables import File
from loomwork.nodes.ports import TemplateTooCostly
from loomwork.nodes.template_transform import TemplateTransformType
from tests.unit.nodes.bench import Bench, SlotBinder, run_node

VARIABLES = [{"variable": "x", "value_selector": ["v", "x"]}]
LOOP = "{% for i in x %}{{ i }}{% endfor %}"


class RecordingWorker:
    """Keeps its jobs, and answers or fails as it is told to."""

    def __init__(self, result: str | Exception = "rendered") -> None:
        self.jobs: list[tuple[str, Mapping[str, Any], int]] = []
        self._result = result

    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        self.jobs.append((source, values, limit))
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


async def render(bench: Bench, template: str, value: Any) -> Any:
    config = {"template": template, "variables": VARIABLES}
    return (await bench.run("template-transform", config, {"v": {"x": value}})).outputs["output"]


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("{{ x }} is big", 12, "12 is big"),
        ("{{ x }}|{{ y }}", "a", "a|"),
        ("{{ x }}", True, "True"),
        ("{{ x }}", None, "None"),
        ("{{ x.a[0] }}", {"a": [1]}, "1"),
        ("{% if x %}yes{% else %}no{% endif %}", "", "no"),
        ("{{ x | default('none', true) | trim }}", "", "none"),
        ("{{ x | tojson }}", {"a": "ü"}, '{"a": "\\u00fc"}'),
        ("{{ x * 2 + 1 }}", 4, "9"),
        ("{{ x.name }} {{ x.filename }}", File("image", "remote_url", name="a.png"), "a.png a.png"),
        ("line\n", "", "line"),
    ],
)
async def test_a_harmless_template_is_rendered_here(bench: Bench, template: str, value: Any, text: str) -> None:
    assert await render(bench, template, value) == text


async def test_a_variable_that_nothing_set_is_none(bench: Bench) -> None:
    result = await bench.run("template-transform", {"template": "{{ x }}", "variables": VARIABLES})
    assert result.outputs == {"output": "None"}


def test_a_harmless_template_needs_no_waiting(bench: Bench) -> None:
    assert not bench.compile("template-transform", {"template": "{{ x }}", "variables": VARIABLES}).waits


def nothing_is_built_in(name: str) -> NodeType:
    raise LookupError(name)


async def test_any_other_template_is_rendered_by_the_worker() -> None:
    worker = RecordingWorker()
    spec = NodeSpec("n", "template-transform", "T", {"template": LOOP, "variables": VARIABLES})
    node = TemplateTransformType(worker).compile(spec, SlotBinder())
    context = Bench(nothing_is_built_in).context({"v": {"x": [1, 2]}})
    assert (await run_node(node, context)).outputs == {"output": "rendered"}
    assert worker.jobs == [(LOOP, {"x": [1, 2]}, 400_000)]


async def test_what_the_worker_refuses_fails_the_node_with_its_reason() -> None:
    worker = RecordingWorker(TemplateTooCostly("The template took longer than 5 seconds."))
    node = TemplateTransformType(worker).compile(NodeSpec("n", "t", "T", {"template": LOOP}), SlotBinder())
    with pytest.raises(NodeError, match="longer than 5 seconds") as failed:
        await run_node(node, Bench(nothing_is_built_in).context())
    assert (failed.value.code, failed.value.retryable) == ("template_too_costly", False)


@pytest.mark.parametrize("template", ["{{ x", "{% for %}", "{{ x | no_such_filter }}", "{{" + "(" * 5000 + "}}"])
def test_a_template_that_does_not_parse_cannot_be_compiled(bench: Bench, template: str) -> None:
    with pytest.raises(NodeError, match="The template") as refused:
        bench.compile("template-transform", {"template": template})
    assert refused.value.code == "invalid_config"


async def test_a_template_that_fails_on_its_values_says_why(bench: Bench) -> None:
    with pytest.raises(NodeError, match="has no attribute 'a'") as failed:
        await render(bench, "{{ x.a.b }}", {})
    assert failed.value.code == "template_failed"


@pytest.mark.parametrize("value", ["x" * 400_001, "x" * 17_000_000])
async def test_too_long_a_text_fails_the_node(bench: Bench, value: str) -> None:
    with pytest.raises(NodeError) as failed:
        await render(bench, "{{ x }}", value)
    assert failed.value.code == "template_too_costly"
