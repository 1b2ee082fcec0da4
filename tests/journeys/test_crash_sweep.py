"""A server that dies at any moment loses nothing and does nothing twice: at every named point, then at random."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.crash_sweep import Load, owner_key, sweep, swept_server
from tests.journeys.dying_server import POINTS
from tests.journeys.effects import EffectsServer, everything_app
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess

DYING = (sys.executable, str(Path(__file__).with_name("dying_server.py")))
WHEN = {"before a commit": "4", "after a commit, before it is shown": "4", "after it is shown": "4", "in a round": "3"}
"""How many times a point is passed before the server dies there, where once is too early to tell."""


@pytest.fixture
def effects() -> Iterator[EffectsServer]:
    serving = EffectsServer(pause=0.02)
    serving.start()
    yield serving
    serving.close()


@pytest.fixture
def swept(tmp_path: Path, effects: EffectsServer, model_server: ModelServer) -> Iterator[ServerProcess]:
    """A server that may be killed; its model takes long enough to talk for its lease to be renewed."""
    model_server.says(*(f"word{number} " for number in range(20)), pause=0.02)
    (tmp_path / "server-0").mkdir()
    server = swept_server(tmp_path / "server-0", effects, model_server)
    yield server
    server.close()
    assert "Traceback" not in server.output, server.output


@pytest.mark.timeout(600)
def test_runs_survive_the_death_of_their_server_at_every_named_point(
    swept: ServerProcess, effects: EffectsServer
) -> None:
    """Each life takes up what the last one left, begins one more run, and ends at the next point."""
    swept.start()
    load = Load(swept, effects, owner_key(swept))
    app = load.import_app(everything_app(effects.place))
    swept.stop()
    left = []
    for point in POINTS:
        after = WHEN.get(point, "0")
        swept.launch(program=DYING, LOOMWORK_TEST_DIE_AT=point, LOOMWORK_TEST_DIE_AFTER=after)
        begun = len(load.followers)
        while swept.is_alive and len(load.followers) == begun:
            load.begin(app)
            time.sleep(0.1)
        assert swept.wait_for_death() == -signal.SIGKILL, point
        left.append(load.stored())
    swept.start()
    load.finish()
    load.check(left)
    load.close()


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(20, marks=pytest.mark.timeout(900)),
        pytest.param(200, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
    ids=str,
)
def test_nothing_is_lost_or_done_twice_when_a_server_under_load_is_killed_at_random(
    swept: ServerProcess, effects: EffectsServer, kills: int
) -> None:
    print(sweep(swept, effects, kills=kills, at_once=20, seed=kills))
