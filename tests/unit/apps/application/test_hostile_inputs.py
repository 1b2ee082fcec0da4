"""Inputs that would break whatever reads them again are refused before a run is made of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from loomwork.apps.api import RunRequest
from loomwork.engine.run.limits import DEEPEST
from loomwork.interface.http.api.shapes import RunShape
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest
from tests.unit.apps.conftest import app_text

pytestmark = pytest.mark.anyio


def form(variable: str, kind: str) -> str:
    return form_of([{"variable": variable, "type": kind}])


def form_of(fields: Sequence[Mapping[str, Any]]) -> str:
    start = {"id": "s", "type": "start", "title": "Start", "variables": [dict(field) for field in fields]}
    selector = ["s", fields[0]["variable"]]
    end = {"id": "e", "type": "end", "title": "End", "outputs": [{"variable": "o", "value_selector": selector}]}
    return app_text("workflow", [start, end], "s>e")


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


async def test_an_input_nested_too_deep_to_be_read_again_is_refused(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    with pytest.raises(InvalidInput, match="nested more than 100 levels deep"):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": deep(600)}))


async def test_an_input_of_some_depth_is_read_again(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": deep(90)}))
    finished = await studio.apps.wait_for_run(studio.owner, run.id)
    assert RunShape.of(finished).outputs == {"o": deep(90)}


@pytest.mark.parametrize(("facts", "said"), [
    ('{"a":' * 600 + "1" + "}" * 600, "'facts' is nested more than 100 levels deep"),
    ('{"a": [1, NaN]}', "'facts' must not hold NaN or Infinity"),
    ('{"a": -Infinity}', "'facts' must not hold NaN or Infinity"),
    ('{"a": 1e999}', "'facts' must not hold NaN or Infinity"),
    ({"a": [{"b": math.nan}]}, "'facts' must not hold NaN or Infinity"),
    ({"a": (math.inf,)}, "'facts' must not hold NaN or Infinity"),
    ('{"a": ' + "9" * 5000 + "}", "'facts' must be a JSON object; the text holds a number of too many digits"),
])  # fmt: skip
async def test_json_that_nobody_could_read_again_is_refused_by_name(studio: Any, facts: Any, said: str) -> None:
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    with pytest.raises(InvalidInput, match=said) as refused:
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": facts}))
    assert refused.value.details == {"field": "facts"}
    assert (await studio.apps.list_runs(studio.owner, PageRequest())).items == []


async def test_what_is_let_in_is_what_a_run_carries(studio: Any) -> None:
    """The deepest value that the form takes does not fail its run, and one level more is not taken."""
    app = await studio.apps.import_app(studio.owner, form("facts", "json_object"))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": deep(DEEPEST - 1)}))
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"
    with pytest.raises(InvalidInput):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"facts": deep(DEEPEST)}))


async def test_inputs_are_kept_as_the_graph_gets_them(studio: Any) -> None:
    sent = {"facts": '{"a": 1}', "flag": "yes", "count": "", "file": ""}
    kinds = {"facts": "json_object", "flag": "checkbox", "count": "number", "file": "file"}
    fields = [{"variable": name, "type": kind, "required": True} for name, kind in kinds.items()]
    app = await studio.apps.import_app(studio.owner, form_of(fields))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, sent))
    assert run.inputs == {"facts": {"a": 1}, "flag": True, "count": "", "file": ""}
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"


@pytest.mark.parametrize(("given", "meant"), [("9007199254740993", 9007199254740993), ("1.50", 1.5), ("-3", -3)])
async def test_a_number_given_as_text_is_that_number(studio: Any, given: str, meant: float) -> None:
    app = await studio.apps.import_app(studio.owner, form("count", "number"))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"count": given}))
    assert run.inputs == {"count": meant}


@pytest.mark.parametrize("given", ["nan", "Infinity", "1e400", True, [], "9" * 5000])
async def test_what_is_no_number_that_json_knows_is_refused(studio: Any, given: Any) -> None:
    app = await studio.apps.import_app(studio.owner, form("count", "number"))
    with pytest.raises(InvalidInput, match=r"must be a (finite )?number"):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"count": given}))
