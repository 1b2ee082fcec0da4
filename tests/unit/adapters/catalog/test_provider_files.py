import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from loomwork.adapters.catalog.provider_files import CatalogReader

REPO = Path(__file__).resolve().parents[4]
ACME = "id: acme\nlabel: Acme\nwire: openai_chat\nendpoint: https://acme.example/v1\naliases: [vendor/acme/acme]\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_file_of_our_own_catalog_can_be_used() -> None:
    catalog = CatalogReader([REPO / "catalog" / "providers"]).read()
    assert catalog.problems == {}
    assert {"openai", "openai-compatible", "ollama", "local", "debug"} <= set(catalog.providers)
    assert all(provider.problems == {} for provider in catalog.providers.values())
    named = catalog.named("langgenius/openai/openai")
    assert named is not None
    assert named.id == "openai"


def test_every_local_model_says_where_its_weights_come_from_and_which_they_are() -> None:
    local = CatalogReader([REPO / "catalog" / "providers"]).read().providers["local"]
    chats = {"qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m"}
    assert set(local.models) == {*chats, "multilingual-e5-small", "qwen2.5-coder-1.5b-judge"}
    for model in local.models.values():
        assert model.weights is not None
        assert model.weights.packages or model.weights.hub
        assert model.fallback is None or model.fallback in local.models


def test_files_are_looked_at_once_a_second_however_often_the_catalog_is_read(tmp_path: Path) -> None:
    now = [100.0]
    reader = CatalogReader([tmp_path], clock=lambda: now[0])
    assert reader.read().providers == {}
    write(tmp_path, "acme/provider.yml", ACME)
    now[0] += 0.9
    assert reader.read().providers == {}
    now[0] += 0.2
    assert set(reader.read().providers) == {"acme"}


class Looks:
    """Looks that are to be done aside, done when a test has them done."""

    def __init__(self) -> None:
        self.asked: list[Callable[[], None]] = []

    def __call__(self, look: Callable[[], None]) -> None:
        self.asked.append(look)


def test_who_reads_all_the_time_waits_for_no_look(tmp_path: Path) -> None:
    now, looks = [100.0], Looks()
    reader = CatalogReader([tmp_path], clock=lambda: now[0], aside=looks)
    reader.read()
    now[0] = 100.25
    reader.read()
    assert looks.asked == []
    write(tmp_path, "acme/provider.yml", ACME)
    now[0] = 100.5
    assert [reader.read().providers for _ in range(3)] == [{}, {}, {}]
    (look,) = looks.asked
    look()
    assert set(reader.read().providers) == {"acme"}
    now[0] = 100.75
    reader.read()
    assert len(looks.asked) == 1
    now[0] = 101.0
    reader.read()
    assert len(looks.asked) == 2


def test_a_look_that_does_not_come_back_keeps_nothing_from_being_seen(tmp_path: Path) -> None:
    now, looks = [100.0], Looks()
    reader = CatalogReader([tmp_path], clock=lambda: now[0], aside=looks)
    reader.read()
    now[0] = 100.5
    reader.read()
    write(tmp_path, "acme/provider.yml", ACME)
    now[0] = 101.0
    assert set(reader.read().providers) == {"acme"}


def test_a_look_from_before_a_change_does_not_take_it_back(tmp_path: Path) -> None:
    now, looks = [100.0], Looks()
    reader = CatalogReader([tmp_path], clock=lambda: now[0], aside=looks)
    reader.read()
    now[0] = 100.5
    reader.read()
    (look,) = looks.asked
    look()
    write(tmp_path, "acme/provider.yml", ACME)
    reader.look_again()
    assert [set(reader.read().providers) for _ in range(2)] == [{"acme"}, {"acme"}]


def test_a_look_is_done_in_a_thread_where_nothing_else_is_said(tmp_path: Path) -> None:
    now = [100.0]
    reader = CatalogReader([tmp_path], clock=lambda: now[0])
    reader.read()
    write(tmp_path, "acme/provider.yml", ACME)
    now[0] = 100.5
    reader.read()
    for thread in threading.enumerate():
        if thread.name == "loomwork-catalog":
            thread.join(30)
    assert set(reader.read().providers) == {"acme"}


def test_a_model_is_read_when_somebody_asks_for_it(tmp_path: Path) -> None:
    write(tmp_path, "acme/provider.yml", ACME)
    write(tmp_path, "acme/models/small.yml", "id: small\nlabel: Small\n")
    reader = CatalogReader([tmp_path], interval=0)
    acme = reader.read().providers["acme"]
    write(tmp_path, "acme/models/small.yml", "id: tiny\nlabel: Tiny\n")
    assert set(acme.models) == {"tiny"}
    write(tmp_path, "acme/models/small.yml", "id: little\nlabel: Little\n")
    assert set(acme.models) == {"tiny"}
    assert set(reader.read().providers["acme"].models) == {"little"}


def test_a_change_on_disk_is_seen_by_the_next_look(tmp_path: Path) -> None:
    reader = CatalogReader([tmp_path], interval=0)
    assert reader.read().providers == {}
    path = write(tmp_path, "acme/provider.yml", ACME)
    assert reader.read().providers["acme"].card.label == "Acme"
    path.write_text(ACME.replace("Acme", "Apex"))
    os.utime(path, ns=(1, 1))
    assert reader.read().providers["acme"].card.label == "Apex"
    write(tmp_path, "acme/models/small.yml", "id: small\nlabel: Small\n")
    assert set(reader.read().providers["acme"].models) == {"small"}
    path.unlink()
    assert "acme" not in reader.read().providers


def test_nothing_is_read_again_while_nothing_changes(tmp_path: Path) -> None:
    write(tmp_path, "acme/provider.yml", ACME)
    reader = CatalogReader([tmp_path])
    assert reader.read() is reader.read()


def test_a_later_folder_wins_file_by_file(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    write(first, "acme/provider.yml", ACME)
    write(first, "acme/models/small.yml", "id: small\nlabel: Small\n")
    write(second, "acme/models/small.yml", "id: small\nlabel: Smaller\n")
    write(second, "acme/models/big.yml", "id: big\nlabel: Big\n")
    models = CatalogReader([first, second]).read().providers["acme"].models
    assert {name: model.label for name, model in models.items()} == {"small": "Smaller", "big": "Big"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: [", "line"),
        ("id: acme\nlabel: Acme\nwire: telepathy\n", "wire"),
        (ACME + "colour: red\n", "colour"),
        (ACME.replace("id: acme", "id: other"), "name of its folder"),
        (ACME.replace("https:", "file:"), "endpoint"),
        ("- a\n", "the document"),
        ("", "the document"),
        ("id: !!python/object/apply:os.system [ls]\n", "line 1"),
        ("a: &a [x]\nb: *a\n", "aliases"),
        ("x: " + "[" * 3000, "cannot be"),
        ("#" * 300_000, "larger"),
        ("id: \ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "cannot be"),
    ],
)
def test_a_broken_file_is_a_problem_of_its_provider_only(text: str, said: str, tmp_path: Path) -> None:
    write(tmp_path, "acme/provider.yml", text)
    write(tmp_path, "apex/provider.yml", ACME.replace("acme", "apex"))
    catalog = CatalogReader([tmp_path]).read()
    assert set(catalog.providers) == {"apex"}
    assert set(catalog.problems) == {"acme"}
    assert "Traceback" not in catalog.problems["acme"]


def test_a_problem_names_the_file_and_the_key(tmp_path: Path) -> None:
    path = write(tmp_path, "acme/provider.yml", ACME + "colour: red\n")
    assert CatalogReader([tmp_path]).read().problems["acme"].startswith(f"{path}: colour: ")


def test_a_broken_model_leaves_the_others_alone(tmp_path: Path) -> None:
    write(tmp_path, "acme/provider.yml", ACME)
    write(tmp_path, "acme/models/good.yml", "id: good\nlabel: Good\n")
    write(tmp_path, "acme/models/bad.yml", "id: bad\nlabel: Bad\nprofile: {flies: true}\n")
    provider = CatalogReader([tmp_path]).read().providers["acme"]
    assert set(provider.models) == {"good"}
    assert set(provider.problems) == {"bad"}


def test_models_without_a_provider_are_a_problem(tmp_path: Path) -> None:
    write(tmp_path, "acme/models/good.yml", "id: good\nlabel: Good\n")
    assert "no provider.yml" in CatalogReader([tmp_path]).read().problems["acme"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert CatalogReader([tmp_path / "none"]).read().providers == {}


def test_what_is_no_file_of_a_provider_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "acme/provider.yml", ACME)
    write(tmp_path, "acme/models/notes.txt", "not a model")
    (tmp_path / "README.md").write_text("of the folder", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    catalog = CatalogReader([tmp_path]).read()
    assert (set(catalog.providers), catalog.problems) == ({"acme"}, {})
    assert (list(catalog.providers["acme"].models), catalog.providers["acme"].problems) == ([], {})


def test_a_link_that_leads_nowhere_is_a_problem_of_its_provider(tmp_path: Path) -> None:
    write(tmp_path, "acme/provider.yml", ACME)
    folder = write(tmp_path, "acme/models/small.yml", "id: small\nlabel: Small\n").parent
    (folder / "lost.yml").symlink_to(tmp_path / "nowhere")
    acme = CatalogReader([tmp_path]).read().providers["acme"]
    assert (list(acme.models), list(acme.problems)) == (["small"], ["lost"])
