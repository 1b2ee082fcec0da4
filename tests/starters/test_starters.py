"""Each starter app is sound, and useful with the small model that runs on this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from loomwork import Workflow
from loomwork.dsl import read_document, write_document
from loomwork.engine.run import RunResult
from tests.starters.expectations import misshapen, regressions, shortcomings

FOLDER = Path(__file__).resolve().parents[2] / "catalog" / "apps"
STARTERS = sorted(FOLDER.glob("*.yml"))
MODEL = "local/qwen2.5-coder-0.5b"
OF_DOCUMENTS = "ask-your-documents"
"""Asks about what its user adds, so there is nothing to try it with beforehand."""

Sample = Mapping[str, Any]


def samples_of(path: Path) -> list[Sample]:
    samples: list[Sample] = yaml.safe_load(path.read_text(encoding="utf-8"))["x-loomwork"]["samples"]
    return samples


ALL_SAMPLES = [
    pytest.param(path, sample, id=f"{path.stem}-{number}")
    for path in STARTERS
    for number, sample in enumerate(samples_of(path), start=1)
]


def test_there_are_six_starters_and_those_that_bring_what_they_ask_about_have_three_samples_each() -> None:
    assert len(STARTERS) == 6
    expected = {path.stem: 0 if path.stem == OF_DOCUMENTS else 3 for path in STARTERS}
    assert {path.stem: len(samples_of(path)) for path in STARTERS} == expected


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_a_starter_has_no_problems_and_is_written_back_equal(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    document = read_document(text)
    # Knowledge is a workspace's: `tests/journeys/test_local_model.py` asks the documents of one.
    problems = [(each.code, each.node_id) for each in Workflow.from_dsl(text).problems]
    assert problems == ([("not_runnable_yet", "find")] if path.stem == OF_DOCUMENTS else [])
    assert yaml.safe_load(write_document(document)) == yaml.safe_load(text)


@pytest.mark.parametrize(("path", "sample"), ALL_SAMPLES)
def test_a_sample_fills_the_form_and_says_what_a_right_answer_holds(path: Path, sample: Sample) -> None:
    form = {field.variable: field for field in Workflow.from_file(path).form}
    assert set(sample["inputs"]) <= set(form)
    assert {name for name, field in form.items() if field.required} <= set(sample["inputs"])
    assert sample["title"]
    assert shortcomings(sample["expect"], {}, None), "an empty answer must not pass"


class Answers:
    """What the local model says to a sample, asked once however many tests look at it."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], RunResult] = {}

    def to(self, path: Path, sample: Sample) -> RunResult:
        key = (path.stem, sample["title"])
        if key not in self._given:
            flow = Workflow.from_file(path, model=MODEL)
            self._given[key] = flow.run_sync(sample["inputs"], query=sample.get("query"))
        return self._given[key]


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


@pytest.mark.slow
@pytest.mark.parametrize(("path", "sample"), ALL_SAMPLES)
def test_the_local_model_answers_every_sample_in_the_shape_that_the_app_promises(
    path: Path, sample: Sample, answers: Answers
) -> None:
    result = answers.to(path, sample)
    assert result.status == "succeeded", result.error
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert misshapen(document, result.outputs, result.answer) == [], (result.outputs, result.answer)


@pytest.mark.slow
def test_the_local_model_answers_the_samples_well(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    """Two of three samples of each starter, and twelve of all fifteen. Not every one: which word such a small model
    takes of two that are about as likely hangs on the processor's floating point, and two starters draw at a
    temperature. A prompt, a schema or a runtime that broke costs more than one sample. What falls short is printed.
    """
    findings = {
        path.stem: {sample["title"]: wanting(sample, answers.to(path, sample)) for sample in samples_of(path)}
        for path in STARTERS
        if path.stem != OF_DOCUMENTS
    }
    with capsys.disabled():
        for starter, samples in findings.items():
            for title, found in samples.items():
                if found:
                    print(f"\n{starter}, {title!r} falls short: {found}", end="")
    assert regressions(findings) == []


def wanting(sample: Sample, result: RunResult) -> list[str]:
    """What keeps an answer from being right, with the answer; empty where it is."""
    found = shortcomings(sample["expect"], result.outputs, result.answer)
    given = {str(value).strip() for value in sample["inputs"].values()}
    if not {str(value).strip() for value in result.outputs.values()} - given:
        found.append("the model only said the input back")
    return [*found, f"said: {result.answer or dict(result.outputs)}"] if found else []
