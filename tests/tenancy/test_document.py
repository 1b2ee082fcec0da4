"""Whatever an operation of `/api/v1` is sent, it answers as the document says, and never with an error of its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import httpx
import jsonschema
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.tenancy.matrix import ALL_OF_IT, ask
from tests.tenancy.meanings import key_of, names_of
from tests.tenancy.operations import Operation
from tests.tenancy.tenants import BASE, PATIENCE, Installation, Tenant

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
EACH = 2
"""Requests that fit the document, and as many that do not, which an operation is sent."""

AnyCase: TypeAlias = "Case[Any]"
_GIVEN = {"params": "params", "json": "json", "data": "content"}


async def test_every_operation_answers_as_the_document_says_whatever_it_is_sent(embedded: Installation) -> None:
    assert "\n".join([wrong async for wrong in _wrong_answers(embedded, EACH)]) == ""


@pytest.mark.nightly
@pytest.mark.timeout(3600)
async def test_every_operation_answers_as_the_document_says_whatever_much_more_is_sent(embedded: Installation) -> None:
    assert "\n".join([wrong async for wrong in _wrong_answers(embedded, 100 * EACH)]) == ""


async def test_the_document_is_openapi_3_1_and_lists_every_operation(embedded: Installation) -> None:
    document = await _document(embedded)
    assert document["openapi"].startswith("3.1.")
    listed = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    served = {f"{each.method} {each.path.replace(':path', '')}" for each in _own(embedded)}
    assert listed == served


async def test_what_is_asked_for_rightly_is_answered_as_the_document_says(embedded: Installation) -> None:
    document = await _document(embedded)
    for operation in _own(embedded):
        answer = await ask(embedded, operation, embedded.theirs, embedded.theirs.keys[key_of(operation)])
        described = document["paths"][operation.path.replace(":path", "")][operation.method.lower()]["responses"]
        said = described.get(str(answer.status_code), described["default"]).get("content", {})
        if _is_json(answer):
            schema = {**said["application/json"]["schema"], "components": document["components"]}
            jsonschema.validate(answer.json(), schema, cls=jsonschema.Draft202012Validator)
        else:
            assert [answer.headers.get("content-type", "").partition(";")[0]] == (list(said) or [""]), str(operation)


async def test_each_event_of_a_stream_is_as_the_document_says(embedded: Installation) -> None:
    document = await _document(embedded)
    schema = {"$ref": "#/components/schemas/EventShape", "components": document["components"]}
    url = f"/api/v1/runs/{embedded.ours.ids['run']}/events"
    told = await embedded.ask("GET", url, embedded.ours.keys["workspace"])
    events = [line.removeprefix("data: ") for line in told.text.splitlines() if line.startswith("data: ")]
    assert events
    for event in events:
        jsonschema.validate(orjson.loads(event), schema)


def _own(opened: Installation) -> list[Operation]:
    """The operations of `/api/v1`; what removes things comes last, so that the others find them."""
    own = [each for each in opened.operations if each.surface == "/api/v1" and "openapi.json" not in each.path]
    return sorted(own, key=lambda each: (each.method == "DELETE", str(each) == ALL_OF_IT))


async def _document(opened: Installation) -> dict[str, Any]:
    told = await opened.ask("GET", "/api/v1/openapi.json", opened.ours.keys["workspace"])
    document: dict[str, Any] = told.json()
    return document


async def _wrong_answers(opened: Installation, count: int) -> AsyncIterator[str]:
    schema = schemathesis.openapi.from_dict(await _document(opened))
    for operation in _own(opened):
        described = schema[operation.path.replace(":path", "")][operation.method]
        for place, case in enumerate(_cases(described, count)):
            if place % 2:
                _name_things(case, operation, opened.ours)
            response = await _send(opened, case, opened.ours.keys["workspace"])
            try:
                case.validate_response(response, checks=_checks(response))
            except FailureGroup as failures:
                yield f"{operation}: {[str(each) for each in failures.exceptions]}"


def _checks(response: httpx.Response) -> list[Any]:
    """Streams have a test of their own, which reads what is in them; a document in YAML is only text to us."""
    return [*CHECKS, response_schema_conformance] if _is_json(response) else CHECKS


def _is_json(response: httpx.Response) -> bool:
    content_type: str = response.headers.get("content-type", "")
    return content_type.startswith("application/json")


def _cases(operation: Any, count: int) -> list[AnyCase]:
    """The same ones each time."""
    drawn: list[AnyCase] = []
    quietly = settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for mode in GenerationMode:

        @quietly
        @given(case=operation.as_strategy(generation_mode=mode))
        def draw(case: AnyCase) -> None:
            drawn.append(case)

        draw()
    return drawn


def _name_things(case: AnyCase, operation: Operation, tenant: Tenant) -> None:
    """Put the ids of things that are there where a request names things: else most would end in a 404."""
    for part in operation.parts:
        names = names_of(operation, part)
        if not names:
            continue
        word = names[0].written.format(tenant.ids[names[0].things[0]])
        if part.place == "path":
            case.path_parameters[part.name] = word
        elif part.place == "body" and isinstance(case.body, dict) and part.name in case.body:
            case.body[part.name] = word


async def _send(opened: Installation, case: AnyCase, key: str) -> httpx.Response:
    asked = case.as_transport_kwargs(base_url=BASE)
    headers = dict(asked["headers"]) | {"Authorization": f"Bearer {key}"}
    given = {theirs: asked[name] for name, theirs in _GIVEN.items() if asked.get(name) is not None}
    async with asyncio.timeout(PATIENCE):
        return await opened.http.request(case.method, asked["url"], headers=headers, **given)
