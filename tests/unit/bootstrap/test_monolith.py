"""Whom the server lets come near before its owner has a password."""

from pathlib import Path

import pytest

from loomwork.bootstrap.monolith import Ready, serve
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.kernel.errors import InvalidInput

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")})


class Answers(Exception):
    """The server came so far as to answer."""


def answers(_: Ready) -> None:
    raise Answers


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_nobody_elses_machine_reaches_a_server_whose_owner_has_no_password(settings: Settings, host: str) -> None:
    async with open_workspace(settings):
        pass
    with pytest.raises(InvalidInput, match="has no password yet"):
        await serve(settings, host=host, port=0, on_ready=answers)


async def test_with_a_password_it_answers_and_says_where_this_machine_finds_it(settings: Settings) -> None:
    async with open_workspace(settings) as workspace:
        await workspace.people.set_password(
            "ann@example.org", "four words that rhyme", owner_id=await workspace.owner_id()
        )
    with pytest.raises(Answers):
        await serve(settings, host="0.0.0.0", port=0, on_ready=answers)
