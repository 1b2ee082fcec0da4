"""The code node: what it hands to the sandbox, and what it makes of what the sandbox says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from loomwork.engine.ports import NodeError, NodeSpec, NodeType
from loomwork.engine.variables import File
from loomwork.kernel.errors import LoomworkError
from loomwork.nodes.catalog import NodeCatalog
from loomwork.nodes.ports import (
    CodeFailed,
    CodeLanguage,
    CodeRefused,
    CodeTimeout,
    CodeTooLarge,
    Outside,
    SandboxLimits,
)
from loomwork.nodes.registry import node_types
from tests.unit.nodes.bench import Bench, ScriptedModels, run_node

MAIN = "def main(a):\n    return {'out': a}\n"
CONFIG = {
    "code_language": "python3",
    "code": MAIN,
    "variables": [{"variable": "a", "value_selector": ["up", "a"]}],
    "outputs": {"out": {"type": "string", "children": None}},
}


@dataclass
class ScriptedSandbox:
    """Leaves what it is told to, and keeps what it was asked."""

    leaves: Mapping[str, Any] | LoomworkError = field(default_factory=lambda: {"out": "done"})
    asked: list[tuple[CodeLanguage, str, Mapping[str, Any]]] = field(default_factory=list)

    lacks: str | None = None

    def missing(self) -> str | None:
        return self.lacks

    def packages(self) -> frozenset[str]:
        return frozenset({"numpy"})

    async def run(
        self, language: CodeLanguage, source: str, inputs: Mapping[str, Any], limits: SandboxLimits
    ) -> Mapping[str, Any]:
        self.asked.append((language, source, inputs))
        if isinstance(self.leaves, LoomworkError):
            raise self.leaves
        return self.leaves


@pytest.fixture
def sandbox() -> ScriptedSandbox:
    return ScriptedSandbox()


@pytest.fixture
def jailed(models: ScriptedModels, outside: Outside, sandbox: ScriptedSandbox) -> Bench:
    """A bench in a world that has a sandbox."""
    return Bench(node_types(models, replace(outside, sandbox=sandbox)).__getitem__)


async def test_code_is_called_with_its_variables_and_leaves_its_outputs(
    jailed: Bench, sandbox: ScriptedSandbox
) -> None:
    result = await jailed.run("code", CONFIG, {"up": {"a": [1, {"b": "c"}]}})
    assert result.outputs == {"out": "done"}
    assert sandbox.asked == [("python3", MAIN, {"a": [1, {"b": "c"}]})]
    assert jailed.binder.problems == []


async def test_what_nothing_set_is_null_and_files_are_objects(jailed: Bench, sandbox: ScriptedSandbox) -> None:
    file = File("image", "remote_url", url="https://example.org/a.png", name="a.png")
    rows = [{"variable": "gone", "value_selector": ["up", "x"]}, {"variable": "pic", "value_selector": ["up", "f"]}]
    await jailed.run("code", {**CONFIG, "variables": rows}, {"up": {"f": [file]}})
    assert sandbox.asked[0][2] == {"gone": None, "pic": [file.wire()]}


@pytest.mark.parametrize("written", ["javascript", "js", "JavaScript"])
async def test_javascript_is_handed_on_unread(jailed: Bench, sandbox: ScriptedSandbox, written: str) -> None:
    code = "function main({a}) { return {out: a} }"
    await jailed.run("code", {**CONFIG, "code_language": written, "code": code}, {"up": {"a": "1"}})
    assert sandbox.asked[0][:2] == ("javascript", code)
    assert jailed.binder.problems == []


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (CodeFailed("division by zero"), "code_failed", True),
        (CodeTimeout("took more than 15 s"), "code_timeout", True),
        (CodeTooLarge("needed too much memory"), "code_too_large", True),
        (CodeRefused("no JavaScript here"), "code_refused", False),
    ],
)
async def test_what_the_sandbox_says_fails_the_node_in_its_own_words(
    jailed: Bench, sandbox: ScriptedSandbox, error: LoomworkError, code: str, retryable: bool
) -> None:
    sandbox.leaves = error
    with pytest.raises(NodeError) as failed:
        await jailed.run("code", CONFIG)
    assert (failed.value.message, failed.value.code, failed.value.retryable) == (error.message, code, retryable)


async def test_outputs_are_checked_against_their_declaration(jailed: Bench, sandbox: ScriptedSandbox) -> None:
    sandbox.leaves = {"out": 5}
    with pytest.raises(NodeError, match="Output 'out' is a number, not a text") as failed:
        await jailed.run("code", CONFIG)
    assert failed.value.code == "invalid_output"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "def main(:\n  pass",
        "def helper():\n    return {}",
        "def main():\n    return {\x00}",
        "(" * 1000,
        "1" + "+1" * 9_000,
        'x = "\ud800"\ndef main(): ...',
    ],
)
async def test_code_that_cannot_run_is_a_warning_and_is_still_tried(
    jailed: Bench, sandbox: ScriptedSandbox, code: str
) -> None:
    node = jailed.compile("code", {**CONFIG, "code": code})
    assert jailed.binder.problems == [("invalid_config", "code")]
    assert (await run_node(node, jailed.context())).outputs == {"out": "done"}


@pytest.mark.parametrize(
    "code",
    [
        "async def main(): ...",
        "main = lambda: {}",
        "from tools import work as main",
        "from tools import *",
        "if True:\n    def main(): ...",
        "import re\ndef main():\n    return {'a': re.compile('\\d')}",
        "x = 1\n" * 5_000,
        'f"' + "{a}" * 5_000 + '"',
    ],
)
def test_code_with_any_kind_of_main_or_too_long_to_be_read_is_no_problem(jailed: Bench, code: str) -> None:
    jailed.compile("code", {**CONFIG, "code": code})
    assert jailed.binder.problems == []


def test_code_is_never_run_to_be_checked(jailed: Bench, tmp_path: Any) -> None:
    mark = tmp_path / "ran"
    jailed.compile("code", {**CONFIG, "code": f"open({str(mark)!r}, 'w')\ndef main(): ..."})
    assert not mark.exists()


async def test_without_a_sandbox_a_code_node_says_so_and_fails(bench: Bench) -> None:
    node = bench.compile("code", CONFIG)
    assert bench.binder.problems == [("not_runnable_yet", "type")]
    assert [name for name, _ in node.inputs] == ["a"]
    with pytest.raises(NodeError, match=r"sandbox") as failed:
        await run_node(node, bench.context())
    assert (failed.value.code, failed.value.retryable) == ("not_runnable_yet", False)


@pytest.mark.parametrize("has_sandbox", [True, False])
async def test_mocks_stand_in_for_code_with_and_without_a_sandbox(
    models: ScriptedModels, outside: Outside, sandbox: ScriptedSandbox, has_sandbox: bool
) -> None:
    types = node_types(models, replace(outside, sandbox=sandbox if has_sandbox else None))
    assert await _outputs(types, {"mocks": {"*code": {"out": "mocked"}}}) == {"out": "mocked"}
    assert sandbox.asked == []


@pytest.mark.parametrize(("has_sandbox", "left"), [(True, "done"), (False, "sample text")])
async def test_with_everything_outside_mocked_code_runs_where_it_has_a_sandbox(
    models: ScriptedModels, outside: Outside, sandbox: ScriptedSandbox, has_sandbox: bool, left: str
) -> None:
    types = node_types(models, replace(outside, sandbox=sandbox if has_sandbox else None))
    assert await _outputs(types, {"mock_outside": True}) == {"out": left}


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("import requests", "sample text"),
        ("from urllib import request", "sample text"),
        ("import urllib.request", "sample text"),
        ("import nothing_of_this_name.inside", "sample text"),
        ("from urllib.parse import quote", "done"),
        ("import numpy as np", "done"),
        ("import re, json", "done"),
    ],
)
async def test_with_everything_outside_mocked_so_is_code_that_asks_for_the_network_or_for_what_is_not_here(
    models: ScriptedModels, outside: Outside, sandbox: ScriptedSandbox, line: str, left: str
) -> None:
    types = node_types(models, replace(outside, sandbox=sandbox))
    assert await _outputs(types, {"mock_outside": True}, code=f"{line}\n{MAIN}") == {"out": left}


async def test_a_sandbox_that_misses_something_says_what_to_do(
    models: ScriptedModels, outside: Outside, sandbox: ScriptedSandbox
) -> None:
    sandbox.lacks = "Install bubblewrap."
    bench = Bench(node_types(models, replace(outside, sandbox=sandbox)).__getitem__)
    node = bench.compile("code", CONFIG)
    with pytest.raises(NodeError, match="Install bubblewrap") as failed:
        await run_node(node, bench.context())
    assert failed.value.code == "not_runnable_yet"


async def _outputs(types: Mapping[str, NodeType], how: Mapping[str, Any], *, code: str = MAIN) -> Mapping[str, Any]:
    bench = Bench(types.__getitem__)
    spec = NodeSpec("n", "code", "The node", {**CONFIG, "code": code})
    node = NodeCatalog(types, **how).resolve_type(spec).compile(spec, bench.binder)
    assert bench.binder.problems == []
    return (await run_node(node, bench.context())).outputs
