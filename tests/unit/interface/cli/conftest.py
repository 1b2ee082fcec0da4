"""The command line in this process, and as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from loomwork.bootstrap.main import CommandHost
from loomwork.interface.cli.app import run_cli


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """Each line of stdout as JSON."""
        return [orjson.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Ended]

ECHO_MODEL = ("--model", "debug/echo")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An installation of its own."""
    return {"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def cli(environment: dict[str, str], capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    """Run a command in this process."""

    def run(*arguments: str, **variables: str) -> Ended:
        status = run_cli(CommandHost(environment | variables), arguments)
        out, err = capsysbinary.readouterr()
        return Ended(status, out.decode(), err.decode())

    return run


@pytest.fixture
def process(environment: dict[str, str]) -> Callable[..., subprocess.Popen[bytes]]:
    """Start a command as a process of its own."""

    def start(*arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", "from loomwork.bootstrap.main import main; main()", *arguments],
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


def document(nodes: Sequence[dict[str, Any]], *, mode: str = "workflow", name: str = "Tested") -> str:
    """An app whose nodes follow each other. A node is its `data`; its id is its title in lower case."""
    ids = [node["title"].lower() for node in nodes]
    graph = {
        "nodes": [{"id": node_id, "data": node} for node_id, node in zip(ids, nodes, strict=True)],
        "edges": [{"source": source, "target": target} for source, target in pairwise(ids)],
    }
    tree = {"app": {"name": name, "mode": mode}, "kind": "app", "version": "0.3.0", "workflow": {"graph": graph}}
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


def field(variable: str, kind: str = "text-input", **about: Any) -> dict[str, Any]:
    return {"variable": variable, "type": kind, "label": variable, **about}


def start(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "start", "title": "Start", "variables": list(fields)}


def llm(prompt: str, title: str = "Llm") -> dict[str, Any]:
    return {
        "type": "llm",
        "title": title,
        "model": {"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": prompt}],
    }


def end(**outputs: list[str]) -> dict[str, Any]:
    rows = [{"variable": name, "value_selector": selector} for name, selector in outputs.items()]
    return {"type": "end", "title": "End", "outputs": rows}


@pytest.fixture
def greeting(tmp_path: Path) -> str:
    """A workflow that has a model say hello to a name, `n` being an optional number."""
    text = document([start(field("name", required=True), field("n", "number")), llm("Hello {{#start.name#}}"), END])
    return write(tmp_path, "greeting.yml", text)


@pytest.fixture
def chat(tmp_path: Path) -> str:
    answer = {"type": "answer", "title": "Answer", "answer": "You said: {{#llm.text#}}"}
    text = document([start(), llm("{{#sys.query#}}"), answer], mode="advanced-chat", name="Chat")
    return write(tmp_path, "chat.yml", text)


END = end(text=["llm", "text"])


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)
