"""What is made up for code is such as the code can read."""

import json
from textwrap import dedent
from typing import Any

import pytest

from loomwork.engine.ports import NodeSpec
from loomwork.nodes.mocks.readers import wanted_in
from loomwork.nodes.mocks.wanted import Shape, fitted, wanted_of, wanted_of_script


def made_up(source: str, value: Any, **outputs: str) -> Any:
    """What `value` becomes as the first input of the code, after which the code really runs on it."""
    found = wanted_of(dedent(source), outputs)
    name, shape = next(iter(found.inputs.items()))
    plausible = fitted(shape, value)
    left: dict[str, Any] = {"json": json}
    exec(dedent(source), left)
    left["main"](**{name: plausible})
    return plausible


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def main(a): return {'x': json.loads(a)['b']['c']}", {"b": {"c": "sample text"}}),
        ("def main(a): return {'x': json.loads(a)[1]['b']}", [{"b": "sample text"}] * 2),
        ("def main(a): return {'x': [i['b'] for i in json.loads(a)]}", [{"b": "sample text"}]),
        ("def main(a): return {'x': int(json.loads(a)['b']) + 1}", {"b": 1}),
        ("def main(a): return {'x': json.loads(a).get('b', 0) + 1}", {"b": 1}),
        ("def main(a): return {'x': json.loads(a)['b'].get('c', [])[:1]}", {"b": {"c": ["sample text"]}}),
        (
            "def main(a): return {'x': [v['c'] for v in json.loads(a)['b'].values()]}",
            {"b": {"sample": {"c": "sample text"}}},
        ),
        ("def main(a): return {'x': json.loads(json.loads(a)['b'])['c']}", {"b": '{"c": "sample text"}'}),
        (
            """
            import re
            def parse(text):
                return json.loads(re.sub('x', '', text.strip()))
            def main(a):
                data = parse(a) or {}
                for place, item in enumerate(data['rows']):
                    if item['kind'] in ('word', 'other'):
                        return {'x': item['value']}
                raise ValueError
            """,
            {"rows": [{"kind": "word", "value": "sample text"}]},
        ),
        (
            """
            def main(a):
                if isinstance(a, str):
                    a = json.loads(a)
                for name, value in a.items():
                    value['b']
                return {}
            """,
            {"sample": {"b": "sample text"}},
        ),
    ],
)
def test_a_text_that_is_read_as_json_is_the_json_that_is_read(source: str, expected: Any) -> None:
    assert json.loads(made_up(source, "sample text")) == expected


def test_a_text_that_is_searched_for_in_a_fence_stands_in_one() -> None:
    source = """
        import re
        def main(a):
            found = re.search(r'```json(.*)```', a, re.DOTALL)
            return {'x': json.loads(found.group(1))['b']}
    """
    assert made_up(source, "sample text") == '```json\n{"b": "sample text"}\n```'


@pytest.mark.parametrize(("kind", "expected"), [("array[object]", "[{}]"), ("object", "{}"), ("array[number]", "[1]")])
def test_what_is_returned_is_of_the_declared_type(kind: str, expected: str) -> None:
    assert made_up("def main(a): return {'x': json.loads(a)}", "sample text", x=kind) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sample text", "sample text"),
        ([{"data": "x"}], [{"b": "sample text"}]),
        ({"data": "x"}, {"data": "x"}),
        (5, 5),
        (None, None),
    ],
)
def test_the_type_of_a_value_stays(value: Any, expected: Any) -> None:
    shape = wanted_of("def main(a): return {'x': a[0]['b']}", {}).inputs["a"]
    assert fitted(shape, value) == expected


@pytest.mark.parametrize(
    "source",
    [
        "def main(:",
        "def main(a): return a",
        "",
        "x = 1",
        "def main(a):\n    a = a[a]\n    return main(main(a))",
        "def main(a):\n    a['b'] = a\n    a = a['b']['b']\n    return {'x': [a for a in a]}",
        "def f(a): return f(f(a))\ndef main(a): return f(a)['b']",
        "def main(a): return {'x': " + "[" * 90 + "a" + "]" * 90 + "}",
    ],
)
def test_code_that_cannot_be_understood_is_no_trouble(source: str) -> None:
    shapes = wanted_of(source, {"x": "string"}).inputs.values()
    assert all(isinstance(fitted(shape, "sample text"), str) for shape in shapes)


def test_code_that_wants_itself_within_itself_ends() -> None:
    source = "def main(a):\n    a = json.loads(a)\n    while a:\n        a = a['b']\n    return {}"
    shape = wanted_of(source, {}).inputs["a"]
    other = Shape()
    other.absorb(shape)
    assert isinstance(json.loads(fitted(other, "sample text")), dict)


def test_what_a_script_parses_is_json_with_the_fields_that_it_reads() -> None:
    source = """
        function main({ text, other }) {
          const value = JSON.parse(text);
          if (!Array.isArray(value.rows)) throw new Error(other);
          return { text: value.title };
        }
    """
    inputs = wanted_of_script(source).inputs
    assert set(inputs) == {"text"}
    assert json.loads(fitted(inputs["text"], "x")) == {"rows": ["sample text"], "title": "sample text"}


def code(name: str, source: str, selector: list[str], output: str = "string") -> NodeSpec:
    variables = [{"variable": "a", "value_selector": selector}]
    config = {"code": source, "code_language": "python3", "variables": variables, "outputs": {"x": {"type": output}}}
    return NodeSpec(name, "code", name, config)


READS = "import json\ndef main(a): return {'x': json.loads(a)['b']}"


@pytest.mark.parametrize(
    ("between", "selector"),
    [
        ([code("between", "def main(a): return {'x': a.strip()}", ["model", "text"])], ["between", "x"]),
        (
            [NodeSpec("join", "variable-aggregator", "J", {"variables": [["model", "text"], ["other", "text"]]})],
            ["join", "output"],
        ),
    ],
)
def test_what_is_wanted_is_known_where_it_comes_from(between: list[NodeSpec], selector: list[str]) -> None:
    wants = wanted_in([*between, code("reader", READS, selector)])
    assert fitted(wants["model", "text"], "sample text") == '{"b": "sample text"}'


def test_the_items_of_an_iteration_say_what_its_list_holds() -> None:
    rows = NodeSpec("rows", "iteration", "I", {"iterator_selector": ["model", "list"]})
    wants = wanted_in([rows, code("reader", READS, ["rows", "item"])])
    assert fitted(wants["model", "list"], []) == ['{"b": "sample text"}']


def test_an_object_has_the_keys_that_a_form_offers() -> None:
    source = "def main(a, which): return {'x': a[which]['b']}"
    start = NodeSpec("s", "start", "S", {"variables": [{"variable": "which", "type": "select", "options": ["p", "q"]}]})
    reader = code("reader", source, ["tool", "out"])
    reader.config["variables"].append({"variable": "which", "value_selector": ["s", "which"]})
    wants = wanted_in([start, reader])
    assert fitted(wants["tool", "out"], {}) == {"p": {"b": "sample text"}, "q": {"b": "sample text"}}
