"""The lines of the README about workspaces, as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.journeys.server_process import COMMAND_SECONDS, ServerProcess, clean_environment

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = re.compile(r"^## More people, more workspaces$.*?^```sh$(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOMWORK = 'loomwork() { "$PYTHON" -m loomwork "$@"; }\n'


def test_an_editor_and_a_viewer_are_made_used_and_shut_out_by_the_lines_of_the_readme(server: ServerProcess) -> None:
    written = SCRIPT.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert written is not None
    script = LOOMWORK + written.group(1).replace("http://127.0.0.1:8700", server.url)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=ROOT,
        env=clean_environment(LOOMWORK_DATA=str(server.data), PYTHON=sys.executable),
        capture_output=True,
        text=True,
        timeout=4 * COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Made the workspace acme." in done.stderr
    assert "Bob may not, says the server." in done.stdout
    assert "apps.edit" in done.stderr
    assert done.stdout.endswith("Ada is out.\n")
