"""Runs that older releases have recorded are told again by today's code, to the same events."""

from typing import get_args

import pytest

from loomwork.engine.ports import RecordKind
from tests.replays.living import World, taken_up, types_of
from tests.replays.record import main
from tests.replays.recording import FOLDER, Recording, read_recording

FILES = sorted(FOLDER.glob("*.json"))


@pytest.fixture(params=FILES, ids=lambda path: str(path.stem))
def recording(request: pytest.FixtureRequest) -> Recording:
    return read_recording(request.param)


def test_a_recorded_run_is_told_again_to_the_same_events(recording: Recording) -> None:
    assert recording.replayed(types_of(World())) == recording.lived()


async def test_a_recorded_run_is_taken_up_wherever_its_journal_ends(recording: Recording) -> None:
    for batches in range(1, len(recording.records)):
        result = await taken_up(recording, batches)
        assert result.status in ("succeeded", "partial-succeeded", "failed", "stopped", "paused")
        assert (result.error or {}).get("code") != "internal_error"


def test_the_recordings_hold_every_kind_of_record() -> None:
    kinds = {record.kind for path in FILES for record in read_recording(path).told()}
    assert kinds == set(get_args(RecordKind))


def test_the_recordings_hold_every_type_of_node() -> None:
    types = {
        event["data"]["node_type"]
        for path in FILES
        for event in read_recording(path).events
        if event["type"] == "node_started"
    }
    assert types_of(World()).keys() - types <= {"variable-assigner"}, "there is a node type that no recording has"


def test_nothing_is_recorded_over(capsys: pytest.CaptureFixture[str]) -> None:
    before = FILES[0].read_bytes()
    assert main([FILES[0].stem]) == 1
    assert "never written over" in capsys.readouterr().err
    assert FILES[0].read_bytes() == before


def test_a_scenario_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "There is no scenario 'nothing'" in capsys.readouterr().err
