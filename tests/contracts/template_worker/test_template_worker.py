"""What every worker for hostile templates promises."""

from collections.abc import Iterator
from typing import Any

import pytest

from loomwork.adapters.templates import ProcessTemplateWorker
from loomwork.nodes.ports import TemplateFailed, TemplateTooCostly, TemplateWorker


@pytest.fixture(scope="module")
def worker() -> Iterator[TemplateWorker]:
    """The time that a template may take holds the start of its process, which takes a slow machine a second or two."""
    processes = ProcessTemplateWorker(processes=1, timeout=5.0, memory=64 << 20)
    yield processes
    processes.close()


async def test_it_renders_loops(worker: TemplateWorker) -> None:
    source = "{% for i in items %}{{ loop.index }}:{{ i }} {% endfor %}"
    assert await worker.render(source, {"items": ["ä", "b"]}, limit=100) == "1:ä 2:b "


async def test_large_values_and_texts_pass_whole(worker: TemplateWorker) -> None:
    text = "\x00ü\n" * 100_000
    assert await worker.render("{{ t }}{% for i in [] %}{% endfor %}", {"t": text}, limit=400_000) == text


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("{{ a.b.c }}", {"a": {}}),
        ("{{ 1 / 0 }}", {}),
        ("{% include 'x' %}", {}),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", {}),
        ("{{ cycler.__init__.__globals__ }}", {}),
        ("{{ items.append(1) }}", {"items": []}),
        ("{{ nothing() }}", {}),
        ("{% for %}", {}),
    ],
)
async def test_a_template_that_fails_says_why(worker: TemplateWorker, source: str, values: dict[str, Any]) -> None:
    with pytest.raises(TemplateFailed, match=r"^The template .*\.$"):
        await worker.render(source, values, limit=1000)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 9 ** 99999999 }}",
        "{{ 'a' * 10 ** 10 }}",
        "{{ 'a' | center(1000000000) }}",
        "{% set n = namespace(a='x') %}{% for i in range(60) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}" * 2,
        "{% for i in range(2000) %}x{% endfor %}",
    ],
)
async def test_a_template_that_wants_too_much_is_stopped_and_the_next_one_runs(
    worker: TemplateWorker, source: str
) -> None:
    with pytest.raises(TemplateFailed):
        await worker.render(source, {}, limit=1000)
    assert await worker.render("{{ a }}", {"a": "still here"}, limit=1000) == "still here"


async def test_endless_work_is_called_too_costly(worker: TemplateWorker) -> None:
    loop = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateTooCostly, match="longer than 5 seconds"):
        await worker.render(loop, {}, limit=1000)


async def test_one_template_leaves_nothing_behind_for_the_next(worker: TemplateWorker) -> None:
    await worker.render("{% set secret = 'x' %}{{ secret }}", {"other": "y"}, limit=100)
    assert await worker.render("{{ secret }}{{ other }}", {}, limit=100) == ""
