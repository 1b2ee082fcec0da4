"""Which parts of the bench are asked for."""

import pytest

from benchmarks import run


def test_every_part_is_measured_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench"])
    assert run.asked() == set(run.PARTS)


def test_only_the_parts_that_are_named_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "journal", "capacity"])
    assert run.asked() == {"journal", "capacity"}


def test_a_part_that_does_not_exist_is_refused_with_those_that_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "speed"])
    with pytest.raises(SystemExit) as ended:
        run.asked()
    assert ended.value.code == 2
    parts = "engines, journal, capacity, code, fairness, gateway, local, startup"
    assert f"there is no part 'speed'; use any of {parts}" in capsys.readouterr().err
