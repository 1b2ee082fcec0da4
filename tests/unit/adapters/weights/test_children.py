from pathlib import Path

import pytest

from loomwork.adapters.weights.children import run_module
from tests.unit.adapters.weights.wheels import environment


async def test_a_program_that_fails_gives_its_own_reason(tmp_path: Path) -> None:
    outcome = await run_module("pip", ["download", "no-such-thing==1"], environment=environment(tmp_path))
    assert not outcome.succeeded
    assert "no-such-thing" in outcome.reason


async def test_an_address_in_a_reason_loses_its_credentials(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("raise SystemExit('ERROR: cannot open https://me:secret@example.com/simple')")
    outcome = await run_module("loud", [], environment={**environment(tmp_path), "PYTHONPATH": str(tmp_path)})
    assert outcome.reason == "cannot open https://example.com/simple"


async def test_nothing_in_the_working_directory_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('ERROR: not ours')")
    monkeypatch.chdir(tmp_path)
    assert (await run_module("pip", ["--version"], environment=environment(tmp_path))).succeeded
