"""The secret keys of an installation: where they come from, and that nobody else reads them."""

import logging
from pathlib import Path

import pytest

from loomwork.adapters.sealing import CannotOpen
from loomwork.bootstrap.secret_key import FILE, keyring, origin_of_keys
from loomwork.bootstrap.settings import BadSetting, Settings, describe_settings, read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.kernel.errors import InvalidInput

OLD = "an-old-secret-key-that-is-long-enough-0001"
NEW = "a-new-secret-key-that-is-long-enough-00002"
PLACE = ("here",)


def settings(folder: Path, secret: str = "") -> Settings:
    return read_settings({"LOOMWORK_DATA": str(folder), "LOOMWORK_SECRET_KEY": secret})


def test_a_key_is_made_once_in_the_data_folder_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    wrapped = keyring(settings(folder)).wrap(b"data key", PLACE)
    assert keyring(settings(folder)).unwrap(wrapped, PLACE) == b"data key"
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_with_a_key_in_the_environment_none_is_made(tmp_path: Path) -> None:
    wrapped = keyring(settings(tmp_path, NEW)).wrap(b"data key", PLACE)
    assert list(tmp_path.iterdir()) == []
    assert keyring(settings(tmp_path / "another machine", NEW)).unwrap(wrapped, PLACE) == b"data key"
    with pytest.raises(CannotOpen):
        keyring(settings(tmp_path)).unwrap(wrapped, PLACE)


def test_older_keys_and_the_folder_s_own_still_open_what_they_sealed(tmp_path: Path) -> None:
    by_file = keyring(settings(tmp_path)).wrap(b"one", PLACE)
    by_old = keyring(settings(tmp_path / "other", OLD)).wrap(b"two", PLACE)
    ring = keyring(settings(tmp_path, f"{NEW}, {OLD}"))
    assert (ring.unwrap(by_file, PLACE), ring.unwrap(by_old, PLACE)) == (b"one", b"two")
    assert ring.current == keyring(settings(tmp_path / "other", NEW)).current


def test_a_key_that_others_can_read_is_closed_to_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keyring(settings(tmp_path))
    (tmp_path / FILE).chmod(0o644)
    with caplog.at_level(logging.WARNING):
        keyring(settings(tmp_path))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert "Other users could read" in caplog.text


def test_a_key_that_is_cut_short_is_not_used_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(InvalidInput, match="cut short"):
        keyring(settings(tmp_path))
    assert (tmp_path / FILE).read_bytes() == b"short"


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be used"):
        keyring(settings(tmp_path / "file"))


@pytest.mark.parametrize("secret", ["short", f"{NEW},short", "x" * 31])
def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(tmp_path: Path, secret: str) -> None:
    with pytest.raises(BadSetting, match="LOOMWORK_SECRET_KEY must") as refused:
        settings(tmp_path, secret)
    assert NEW not in refused.value.message
    assert repr(secret) not in refused.value.message


def test_no_listing_and_no_repr_shows_a_key(tmp_path: Path) -> None:
    given = settings(tmp_path, NEW)
    (line,) = (line for line in describe_settings(given) if line.name == "LOOMWORK_SECRET_KEY")
    assert (line.value, line.secret) == ("set", True)
    assert NEW not in repr(given)
    (line,) = (line for line in describe_settings(settings(tmp_path)) if line.name == "LOOMWORK_SECRET_KEY")
    assert line.value == "not set"


def test_where_the_key_comes_from_is_said_in_words(tmp_path: Path) -> None:
    assert origin_of_keys(settings(tmp_path)).startswith("none yet")
    assert list(tmp_path.iterdir()) == []
    keyring(settings(tmp_path))
    assert origin_of_keys(settings(tmp_path)) == f"in {tmp_path / FILE}"
    said = origin_of_keys(settings(tmp_path, f"{NEW},{OLD}"))
    assert said == "from LOOMWORK_SECRET_KEY, and 2 older to open with"


async def test_one_start_with_the_new_key_before_the_old_one_is_enough_to_exchange_them(tmp_path: Path) -> None:
    async with open_workspace(settings(tmp_path, OLD)) as opened:
        await opened.room.providers.add_credential(
            opened.owner, "openai", name="first", values={"api_key": "sk-of-a-workspace"}, verify=False
        )
    ready = []
    for secret in (f"{NEW},{OLD}", NEW, OLD):
        async with open_workspace(settings(tmp_path, secret)) as opened:
            providers = await opened.room.providers.list_providers(opened.owner)
            ready.append(next(each.ready for each in providers if each.id == "openai"))
    assert ready == [True, True, False]
