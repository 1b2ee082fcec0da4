"""The gateway alone: who may reach it, what it reads, and that it keeps nothing."""

import os
from pathlib import Path

import pytest

from loomwork.bootstrap.inference import check_reach, open_inference
from loomwork.bootstrap.settings import BadSetting, Settings, describe_settings, read_settings
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import embedded_scope
from loomwork.model_gateway.application.gateway import Gateway

KEY = "a-key-of-thirty-two-characters-or-more"
SECRET = "a-secret-that-seals-credentials-0123456789"


def settings(folder: Path, **variables: str) -> Settings:
    given = {"LOOMWORK_DATA": str(folder / "data"), "LOOMWORK_CACHE_DIR": str(folder / "cache")}
    return read_settings({**given, "LOOMWORK_DEFAULT_MODEL": "debug/echo", **variables})


async def test_it_keeps_nothing_on_the_disk_and_calls_models_itself(tmp_path: Path) -> None:
    # A service that is pointed at itself would ask itself for ever.
    async with open_inference(settings(tmp_path, LOOMWORK_INFERENCE_URL="http://127.0.0.1:1")) as inference:
        assert isinstance(inference.room.models, Gateway)
        listed = [info.id for info in await inference.room.models.list_models(embedded_scope())]
        assert await inference.ready() == {"models": None}
    assert "debug/echo" in listed
    assert os.listdir(tmp_path) == []


async def test_with_the_database_of_the_installation_it_uses_what_is_stored(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lw.db'}"
    given = settings(tmp_path, LOOMWORK_DATABASE_URL=url, LOOMWORK_SECRET_KEY=SECRET)
    async with open_inference(given) as inference:
        assert await inference.ready() == {"models": None, "database": None}


async def test_credentials_without_their_key_are_refused_rather_than_sealed_anew(tmp_path: Path) -> None:
    given = settings(tmp_path, LOOMWORK_DATABASE_URL=f"sqlite:///{tmp_path / 'lw.db'}")
    with pytest.raises(InvalidInput, match="LOOMWORK_SECRET_KEY"):
        async with open_inference(given):
            pass
    assert not (tmp_path / "data").exists()


async def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    given = settings(tmp_path, LOOMWORK_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/lw")
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1:1") as raised:
        async with open_inference(given):
            pass
    assert "hunter2" not in str(raised.value)


def test_others_may_reach_it_with_a_key_only(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="LOOMWORK_INTERNAL_KEY"):
        check_reach(settings(tmp_path, LOOMWORK_INFERENCE_HOST="0.0.0.0"))
    check_reach(settings(tmp_path, LOOMWORK_INFERENCE_HOST="0.0.0.0", LOOMWORK_INTERNAL_KEY=KEY))
    check_reach(settings(tmp_path, LOOMWORK_INFERENCE_HOST="::1"))


@pytest.mark.parametrize("key", ["short", f"{KEY} {KEY}", f"{KEY}é"])
def test_a_key_that_is_none_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(BadSetting) as raised:
        read_settings({"LOOMWORK_INTERNAL_KEY": key})
    assert key not in str(raised.value)


def test_the_key_is_shown_to_nobody() -> None:
    held = read_settings({"LOOMWORK_INTERNAL_KEY": KEY})
    (line,) = [line for line in describe_settings(held) if line.name == "LOOMWORK_INTERNAL_KEY"]
    assert (line.value, line.secret) == ("set", True)
    assert KEY not in repr(held).replace(repr(dict(held.environment)), "")


@pytest.mark.parametrize("url", ["127.0.0.1:8701", "ftp://a", "http://me:word@a:1", "http://a/path", "http://a?x=1"])
def test_an_address_that_is_none_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="LOOMWORK_INFERENCE_URL"):
        read_settings({"LOOMWORK_INFERENCE_URL": url})
