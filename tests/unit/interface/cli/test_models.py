"""`loomwork models` on a data folder's own doors, and behind a server."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from loomwork.interface.cli.app import run_cli
from loomwork.interface.cli.local_workspace import LocalWorkspace, ModelRooms
from loomwork.kernel.errors import NotFound
from tests.clients.conftest import ServedWorld
from tests.unit.interface.cli.conftest import Cli, Ended
from tests.unit.interface.http.world import World

SECRET = "sk-a-secret-that-nobody-may-see"


@dataclass
class FolderHost:
    """A host whose data folder is a world in memory."""

    world: World = field(default_factory=World)
    there: bool = True
    version: str = "0"
    debug: bool = False

    def machine(self, data: str | None = None) -> SimpleNamespace:
        return SimpleNamespace(has_workspace=self.there, data=Path("data"))

    @asynccontextmanager
    async def workspace(
        self, data: str | None, *, makes: bool, name: str | None = None
    ) -> AsyncIterator[LocalWorkspace]:
        if not self.there:
            raise NotFound("There is no workspace.")
        world = self.world
        rooms = ModelRooms(world.models, world.local_models, world.providers, world.accounts)
        yield LocalWorkspace(world.apps, world.gatekeeper, world.home, "http://127.0.0.1", rooms=rooms)


@pytest.fixture(scope="module")
def served() -> Iterator[ServedWorld]:
    world = World()
    serving = ServedWorld(world)
    serving.start()
    yield serving
    serving.close()


Told = Callable[..., Ended]


@pytest.fixture(params=["folder", "server"])
def told(request: pytest.FixtureRequest, capsysbinary: pytest.CaptureFixture[bytes]) -> Told:
    """Runs a command of `loomwork models` either way."""
    host: Any = FolderHost()
    where: tuple[str, ...] = ()
    if request.param == "server":
        serving: ServedWorld = request.getfixturevalue("served")
        where = ("--server", serving.url, "--key", serving.key())

    def run(*arguments: str) -> Ended:
        status = run_cli(host, ["models", *arguments, *where])
        out, err = capsysbinary.readouterr()
        return Ended(status, out.decode(), err.decode())

    return run


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(f"{SECRET}\n".encode())))


def done(ended: Ended) -> Ended:
    assert ended.status == 0, ended
    return ended


def test_models_are_listed_by_type_and_provider(told: Told) -> None:
    models = done(told("list", "--json")).objects
    assert [model["id"] for model in models] == ["debug/echo", "x/y"]
    shown = done(told("list"))
    assert "debug/echo" in shown.out
    assert "x/y" not in shown.out
    assert "1 more providers are not set up" in " ".join(shown.err.split())
    for everything in (["--all"], ["--provider", "x"]):
        assert "No key." in done(told("list", *everything)).out
    assert [model["id"] for model in done(told("list", "--provider", "x", "--json")).objects] == ["x/y"]
    assert done(told("list", "--type", "image", "--json")).objects == []


@pytest.mark.usefixtures("piped")
def test_a_provider_that_is_nearly_named_is_what_may_have_been_meant(told: Told) -> None:
    ended = told("add", "opnai", "--key-stdin")
    assert (ended.status, "Did you mean openai?" in " ".join(ended.err.split())) == (2, True)


def test_scripted_models_are_listed_last(told: Told) -> None:
    rows = [line for line in done(told("providers")).out.splitlines() if line.strip()]
    assert rows[-1].startswith("debug")


def test_a_model_is_tried(told: Told) -> None:
    assert "debug/echo answered." in done(told("test", "debug/echo")).err
    assert done(told("test", "a/b/c", "--json")).objects == [{"model": "a/b/c", "message": "a/b/c answered."}]
    ended = told("test", "x/y")
    assert (ended.status, len(ended.err.splitlines())) == (1, 1)


@pytest.mark.usefixtures("piped")
def test_a_key_is_read_from_standard_input_and_shown_nowhere(told: Told) -> None:
    [made] = done(told("add", "openai", "--key-stdin", "--name", "main", "--json")).objects
    assert (made["hint"], made["name"]) == (SECRET[-4:], "main")
    listed = done(told("providers"))
    assert f"main (...{SECRET[-4:]})" in listed.out
    removed = done(told("remove", "openai", "--credential", "main"))
    assert "main" not in done(told("providers")).out
    assert not any(SECRET in text for ended in (listed, removed) for text in (ended.out, ended.err))


def test_a_key_is_asked_for_without_echo_where_somebody_sits_at_the_terminal(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def prompt(label: str, **how: Any) -> str:
        asked.append({"label": label, **how})
        return SECRET

    monkeypatch.setattr("loomwork.interface.cli.credential_values.typer.prompt", prompt)
    monkeypatch.setattr("loomwork.interface.cli.credential_values.sys.stdin.isatty", lambda: True, raising=False)
    ended = done(told("add", "debug"))
    assert [(each["label"], each["hide_input"], each["err"]) for each in asked] == [("API key", True, True)]
    assert SECRET not in ended.out + ended.err
    done(told("remove", "debug", "--credential", "default"))


@pytest.mark.parametrize(("arguments", "said"), [
    (("add", "openai"), "--key-stdin"),
    (("add", "openai", "--set", f"api_key={SECRET}"), "is a secret"),
    (("add", "openai", "--set", "colour=red"), "no field"),
    (("add", "openai", "--set", "colour"), "FIELD=VALUE"),
    (("add", "nobody", "--set", "a=b"), "no provider"),
    (("remove", "nobody"), "no provider"),
    (("remove", "openai", "--credential", "nobody"), "no credential"),
    (("routes", "set", "fast", "--to", "a/b=many"), "whole number"),
    (("routes", "set", "fast", "--to", "route/fast"), "itself"),
    (("routes", "remove", "nobody"), "no such route"),
    (("budgets", "set", "lots"), "limit"),
    (("budgets", "set", "5", "--app", "01a20687-15e1-707d-934e-93831244bb95", "--of-key", "k"), "choose"),
    (("budgets", "remove", "nobody"), "no such budget"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_line(told: Told, arguments: tuple[str, ...], said: str) -> None:
    ended = told(*arguments)
    assert ended.status == 2, ended
    assert said in ended.err
    assert SECRET not in ended.err


def test_a_provider_is_added_by_its_files(told: Told, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "provider.yml").write_text("id: mine")
    (tmp_path / "models" / "a.yml").write_text("id: a")
    [made] = done(told("add", str(tmp_path), "--json")).objects
    assert (made["id"], made["removable"]) == ("mine", True)
    done(told("remove", "mine"))
    done(told("add", str(tmp_path / "provider.yml")))
    done(told("remove", "mine"))


def test_routes_are_set_listed_and_removed(told: Told) -> None:
    assert "No routes" in told("routes", "list").err
    done(told("routes", "set", "fast", "--to", "openai/gpt=3", "--to", "groq/a/b", "--fallback", "debug/echo",
              "--fallback", "rate=x/y", "--hedge-after", "2.5"))  # fmt: skip
    [route] = done(told("routes", "list", "--json")).objects
    assert [(share["model"], share["weight"]) for share in route["targets"]] == [("openai/gpt", 3), ("groq/a/b", 1)]
    assert (route["fallbacks"], route["hedge_after"]) == ({"any": ["debug/echo"], "rate": ["x/y"]}, 2.5)
    assert "route/fast" in done(told("routes", "list")).out
    done(told("routes", "remove", "fast"))


def test_budgets_are_set_listed_and_removed(told: Told) -> None:
    assert "No budgets" in told("budgets", "list").err
    assert "20 USD per month; 15.5 left" in done(told("budgets", "set", "20")).err
    [made] = done(told("budgets", "set", "5", "--measure", "calls", "--of-key", "k1", "--json")).objects
    assert (made["subject"], made["subject_id"], made["limit"]) == ("key", "k1", "5")
    assert "key k1" in done(told("budgets", "list")).out
    for budget in done(told("budgets", "list", "--json")).objects:
        done(told("budgets", "remove", budget["id"]))


def test_usage_is_added_up(told: Told) -> None:
    [total] = done(told("usage", "--by", "day", "--json")).objects
    assert (total["group"], total["calls"], total["cost"]["amount"]) == ("day one", 3, "0.0024")
    assert "0.0024 USD + 1 unpriced" in done(told("usage", "--days", "7")).out


def test_without_a_workspace_the_catalog_is_listed(cli: Cli, tmp_path: Path) -> None:
    listed = cli("models", "list", "--json", "--data", str(tmp_path / "nothing")).objects
    assert "debug/echo" in {model["id"] for model in listed}
    assert not (tmp_path / "nothing").exists()


def test_the_json_of_a_list_is_what_the_api_says(served: ServedWorld, capsysbinary: Any) -> None:
    host: Any = FolderHost()
    lines = []
    for where in ((), ("--server", served.url, "--key", served.key())):
        assert run_cli(host, ["models", "list", "--json", *where]) == 0
        lines.append([orjson.loads(line) for line in capsysbinary.readouterr().out.splitlines()])
    assert lines[0] == lines[1]
