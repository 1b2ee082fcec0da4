"""Whoever exchanges the secret key loses nothing that the older one has sealed."""

from pathlib import Path

import pyotp
import pytest

from loomwork.bootstrap.main import CommandHost
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.tenancy.api import Visit

pytestmark = pytest.mark.anyio

OLD, NEW = "o" * 32, "n" * 32
ANN, PASSWORD = "ann@example.org", "four words that rhyme"


async def test_second_factors_open_with_the_new_key_alone_once_secrets_are_rotated(tmp_path: Path) -> None:
    def environment(keys: str) -> dict[str, str]:
        return {
            "LOOMWORK_DATA": str(tmp_path / "data"),
            "LOOMWORK_CACHE_DIR": str(tmp_path / "cache"),
            "LOOMWORK_SECRET_KEY": keys,
        }

    async with open_workspace(read_settings(environment(OLD))) as home:
        await home.people.set_password(ANN, PASSWORD, owner_id=await home.owner_id())
        me = await home.people.signed_in(await home.people.sign_in(ANN, PASSWORD, Visit()))
        assert me is not None
        begun = await home.people.begin_second_factor(me, password=PASSWORD)
        codes = await home.people.turn_on_second_factor(me, pyotp.TOTP(begun.secret).now())
    await CommandHost(environment(f"{NEW},{OLD}")).rotate_secrets(None)
    async with open_workspace(read_settings(environment(NEW))) as home:
        assert await home.people.sign_in(ANN, PASSWORD, Visit(), code=codes[0])
