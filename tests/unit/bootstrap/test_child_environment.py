"""Programs that we start see what they need, and no credentials of others."""

from pathlib import Path
from typing import Any

from loomwork.bootstrap.child_environment import to_fetch, to_run
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.wiring import open_models

HELD = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "LC_ALL": "C.UTF-8",
    "CUDA_VISIBLE_DEVICES": "0",
    "PIP_INDEX_URL": "https://me:secret@index.example",
    "https_proxy": "http://proxy.example",
    "OPENAI_API_KEY": "sk-secret",
    "ANTHROPIC_API_KEY": "secret",
    "HF_TOKEN": "secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "LOOMWORK_DATABASE_URL": "postgresql://me:secret@db/loomwork",
}


def test_a_program_that_runs_a_model_sees_no_credentials() -> None:
    assert set(to_run(HELD)) == {"PATH", "HOME", "LC_ALL", "CUDA_VISIBLE_DEVICES"}


def test_a_program_that_fetches_sees_its_own_way_out_and_nothing_more() -> None:
    assert set(to_fetch(HELD)) - set(to_run(HELD)) == {"PIP_INDEX_URL", "https_proxy"}


async def test_the_programs_of_a_server_are_given_no_key_of_a_provider(tmp_path: Path) -> None:
    held = {**HELD, "LOOMWORK_CACHE_DIR": str(tmp_path), "LOOMWORK_DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    room: Any = open_models(read_settings(held, data=str(tmp_path)))
    store, servers = room.local_models._store, room.models._wires["local"]._servers
    for given in (store._environment, servers._environment):
        assert "OPENAI_API_KEY" not in given
        assert given["PATH"] == "/bin"
    await room.close()
