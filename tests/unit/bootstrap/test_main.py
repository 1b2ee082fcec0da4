"""The console script: quick to answer, and clear about what it cannot use."""

import subprocess
import sys
from pathlib import Path

from loomwork import __version__

HEAVY = ("fastapi", "sqlalchemy", "aiohttp", "uvicorn", "alembic", "huggingface_hub", "xllamacpp", "pydantic", "jinja2")


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env={"HOME": "/", **environment}
    )


def test_help_loads_nothing_that_it_does_not_need() -> None:
    script = f"""
import sys
from loomwork.bootstrap.main import main
sys.argv = ["loomwork", "--help"]
try:
    main()
except SystemExit as ended:
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    sys.exit(f"status {{ended.code}}, loaded {{loaded}}")
"""
    ended = run(script)
    assert ended.stderr.strip() == "status 0, loaded []"
    assert "Commands:" in ended.stdout


def test_the_version_is_printed_without_a_command() -> None:
    script = "import sys; from loomwork.bootstrap.main import main; sys.argv = ['loomwork', '--version']; main()"
    ended = run(script)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"loomwork {__version__}\n"


def test_a_bad_setting_is_one_sentence_and_status_two() -> None:
    script = "import sys; from loomwork.bootstrap.main import main; sys.argv = ['loomwork', 'settings']; main()"
    ended = run(script, LOOMWORK_PORT="http")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "LOOMWORK_PORT must be a port" in ended.stderr


def test_a_server_for_others_is_refused_until_its_owner_has_a_password(tmp_path: Path) -> None:
    script = (
        "import sys; from loomwork.bootstrap.main import main; "
        "sys.argv = ['loomwork', 'up', '--host', '0.0.0.0']; main()"
    )
    ended = run(script, LOOMWORK_DATA=str(tmp_path))
    assert ended.returncode == 2
    assert "the owner has no password yet" in ended.stderr
    assert "loomwork people password" in ended.stderr
