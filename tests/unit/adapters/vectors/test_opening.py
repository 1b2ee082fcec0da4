"""Which stores of vectors there are, and what is said of those that are not."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from loomwork.adapters.vectors import DEFAULT, KINDS, MODULES, StorePlace, kinds_at, open_vector_store
from loomwork.knowledge.domain.errors import StoreUnknown

EXTRAS = [("pgvector", "postgres"), ("sqlite-vec", "sqlite-vec")]


def test_an_unknown_kind_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(StoreUnknown, match=r"'weaviate'.*LOOMWORK_VECTOR_STORE to one of zvec") as raised:
        open_vector_store("weaviate", StorePlace(tmp_path, "sqlite:///x.db"))
    assert raised.value.code == "store_unknown"


def test_only_what_can_be_opened_in_a_place_is_named_there(tmp_path: Path) -> None:
    assert kinds_at(StorePlace(tmp_path, "sqlite:///x.db")) == [kind for kind in KINDS if kind != "pgvector"]
    assert kinds_at(StorePlace(tmp_path, "postgresql://host/name")) == list(KINDS)


@pytest.mark.parametrize(("kind", "extra"), EXTRAS)
def test_a_store_whose_package_is_missing_says_what_to_install_and_is_not_offered(
    kind: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODULES, kind, ("a_package_that_nobody_has",))
    place = StorePlace(tmp_path, "postgresql://host/name")
    assert kind not in kinds_at(place)
    with pytest.raises(StoreUnknown, match=rf"{kind} is not installed: pip install 'loomwork\[{extra}\]'") as raised:
        open_vector_store(kind, place)
    assert raised.value.code == "store_unknown"


def test_every_extra_that_a_store_asks_for_is_one_of_ours() -> None:
    extras = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert {extra for _, extra in EXTRAS} <= set(extras)


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT in KINDS


def test_opening_the_default_imports_no_engine_before_it_is_asked(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from loomwork.adapters.vectors import *;"
        "open_vector_store(DEFAULT, StorePlace(Path(sys.argv[1]), 'sqlite:///x.db'));"
        "print([name for name in ('zvec', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert not any(tmp_path.iterdir())


def test_where_stores_are_is_shown_without_the_password_of_the_database(tmp_path: Path) -> None:
    assert "secret" not in repr(StorePlace(tmp_path, "postgresql://me:secret@host/name"))
