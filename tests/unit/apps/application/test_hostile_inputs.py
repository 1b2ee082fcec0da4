"""Inputs that would break whatever reads them again are refused before a run is made of them."""

import logging
from typing import Any

import pytest

from loomwork.apps.api import RunRequest
from loomwork.interface.http.api.shapes import RunShape
from loomwork.kernel.errors import InvalidInput
from tests.unit.apps.conftest import app_text

pytestmark = pytest.mark.anyio


def form(variable: str, kind: str) -> str:
    start = {"id": "s", "type": "start", "title": "Start", "variables": [{"variable": variable, "type": kind}]}
    end = {"id": "e", "type": "end", "title": "End", "outputs": [{"variable": "o", "value_selector": ["s", variable]}]}
    return app_text("workflow", [start, end], "s>e")


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


async def test_an_input_nested_too_deep_to_be_read_again_is_refused(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    with pytest.raises(InvalidInput, match="nested too deep"):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": deep(600)}))


async def test_an_input_of_some_depth_is_read_again(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": deep(90)}))
    finished = await studio.apps.wait_for_run(studio.owner, run.id)
    assert RunShape.of(finished).outputs == {"o": deep(90)}


async def test_a_value_nested_too_deep_fails_its_run_and_spoils_no_later_reading(
    studio: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    text = '{"a":' * 600 + "1" + "}" * 600
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": text}))
    finished = await studio.apps.wait_for_run(studio.owner, run.id)
    assert finished.status == "failed"
    assert RunShape.of(finished).status == "failed"


@pytest.mark.parametrize(("given", "meant"), [("9007199254740993", 9007199254740993), ("1.50", 1.5), ("-3", -3)])
async def test_a_number_given_as_text_is_that_number(studio: Any, given: str, meant: float) -> None:
    app = await studio.apps.import_app(studio.owner, form("count", "number"))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"count": given}))
    assert run.inputs == {"count": meant}


@pytest.mark.parametrize("given", ["nan", "Infinity", "1e400", True, [], "9" * 5000])
async def test_what_is_no_number_that_json_knows_is_refused(studio: Any, given: Any) -> None:
    app = await studio.apps.import_app(studio.owner, form("count", "number"))
    with pytest.raises(InvalidInput, match="must be a number"):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"count": given}))
