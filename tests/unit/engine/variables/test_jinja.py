"""Which templates may run in the server's process, and that those which may are harmless there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.engine.variables import MISSING, File
from loomwork.engine.variables.jinja import (
    TemplateBroke,
    TemplateRefused,
    compile_anyhow,
    template_values,
    weigh_template,
)

TAME = [
    "plain",
    "{{ a }}",
    "{{ a.b['c'][0] }}",
    "{% if a and not b %}{{ a | upper }}{% elif b is defined %}{{ b }}{% endif %}",
    "{{ a ~ b }}{{ a + b }}{{ a[:3] }}",
    "{% set c = a %}{{ c }}",
    "{{ a | join(', ') }}{{ a | replace('aa', 'b') }}{{ a | round(2) }}{{ a | tojson }}",
    "{{ 'yes' if a == 1 else 'no' }}{# a remark #}{% raw %}{{ a }}{% endraw %}",
]

HOSTILE = [
    "{% for i in a %}{% endfor %}",
    "{{ 2 ** 1000000000 }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ range(1000000000) | list }}",
    "{{ a.__class__.mro() }}",
    "{{ a | replace('', b) }}",
    "{{ a | replace('a', 'aaaaaaaaaaaaaaaa') }}",
    "{{ a | join(b) }}",
    "{{ a | tojson | tojson }}",
    "{{ (a | e ~ '') | tojson }}",
    "{{ 1 | round(1000000000, 'ceil') }}",
    "{{ 1 | round(-1000000000) }}",
    "{{ a | indent(1000000000) }}",
    "{{ a | map('upper') | list }}",
    "{% set b = a ~ a %}{% set c = b ~ b %}{{ c }}",
    "{% set b = [a, a] %}{% set c = [b, b] %}{{ c }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'x' %}",
    "{{ a }}" * 3000,
    "{% if a %}" * 60 + "{% endif %}" * 60,
]


@pytest.mark.parametrize("source", TAME)
def test_a_template_whose_cost_is_bounded_is_tame(source: str) -> None:
    assert weigh_template(source).render is not None


@pytest.mark.parametrize("source", HOSTILE)
def test_a_template_that_could_hang_or_swell_is_not_tame_and_not_evaluated(source: str) -> None:
    assert weigh_template(source).render is None


@pytest.mark.parametrize("source", ["{{ 'a' * 1000000000 }}", "{{ [a] * 1000 }}", "{{ a * 10000000 }}"])
def test_a_tame_template_cannot_multiply_without_bound(source: str) -> None:
    weighed = weigh_template(source)
    assert weighed.render is not None
    with pytest.raises(TemplateBroke, match="too large"):
        weighed.render({"a": "text"})


def test_values_beyond_its_budget_keep_a_tame_template_from_running_inline() -> None:
    weighed = weigh_template("{{ a }}" * 100)
    assert weighed.runs_inline({"a": "x" * 100_000})
    assert not weighed.runs_inline({"a": ["x" * 200_000]})
    assert not weighed.runs_inline({"a": [{}] * 200_000})


def test_templates_cannot_reach_into_python() -> None:
    weighed = weigh_template("{{ a.__class__ }}")
    assert weighed.render is not None
    with pytest.raises(TemplateBroke, match="unsafe"):
        compile_anyhow("{{ a.__class__.__mro__ }}")({"a": ""})


def test_templates_cannot_change_what_they_are_given() -> None:
    given_list = [1]
    with pytest.raises(TemplateBroke, match="unsafe"):
        compile_anyhow("{{ a.append(2) }}")({"a": given_list})
    assert given_list == [1]


def test_files_are_objects_and_what_was_never_set_is_none() -> None:
    file = File("image", "remote_url", url="u", name="a.png")
    values = template_values({"f": [file], "m": MISSING, "t": "x"})
    assert values["f"][0]["url"] == "u"
    assert values["f"][0]["name"] == "a.png"
    assert (values["m"], values["t"]) == (None, "x")


@given(st.text(alphabet="{}%# abn'\"|.[]()~+*-if()endforx=,0123456789\n", max_size=60))
@settings(deadline=None)
def test_any_text_is_a_template_or_refused_with_a_sentence(source: str) -> None:
    said = "The template is fine."
    try:
        weighed = weigh_template(source)
        if weighed.render is not None:
            weighed.render({"a": "x", "n": 1})
    except (TemplateRefused, TemplateBroke) as error:
        said = str(error)
    assert said.startswith("The template ")
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (None, "None"), (["a"], "['a']"), ("<b>", "<b>"), (1.0, "1.0"), ({}, "{}")]
)
def test_the_fast_way_renders_as_jinja_does(value: Any, text: str) -> None:
    fast, slow = weigh_template("-{{ v }}-").render, compile_anyhow("-{{ v }}-")
    assert fast is not None
    assert fast({"v": value}) == slow({"v": value}) == f"-{text}-"
