"""A data folder that opens, and a sentence for one that cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.kernel.errors import InvalidInput


@pytest.mark.anyio
async def test_a_database_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "loomwork.db").write_bytes(b"this is no database" * 100)
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path)})
    with pytest.raises(InvalidInput, match=r"The database .* cannot be used") as refused:
        async with open_workspace(settings):
            pass
    assert "sqlalche" not in refused.value.message


UNASKED = ("joserfc", "websockets", "docx", "lxml", "segno", "feedparser", "regex")
"""What is loaded for who uses it."""


def test_a_server_holds_no_library_that_nobody_has_asked_for_yet() -> None:
    script = f"""
import sys
from loomwork.bootstrap import monolith
print([name for name in {UNASKED!r} if name in sys.modules])
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"
