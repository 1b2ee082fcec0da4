"""The document of `/api/v1` says all that a caller needs, and the API keeps the habits that it promises."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import pytest
from fastapi import FastAPI

from loomwork.interface.http.api.app import create_api_app, openapi_document
from loomwork.interface.http.api.examples import Examples
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import api_routes
from loomwork.interface.http.services import HttpOptions, Services

MAKES_NOTHING = {
    "accept_invitation": "an invitation is accepted once",
    "begin_second_factor": "a secret that is not confirmed gives way to the next",
    "check_document": "it stores nothing",
    "fetch_local_model": "weights are fetched once, however often they are asked for",
    "leave_workspace": "whoever has left is no member any more",
    "link_identity": "it stores nothing: it leads away, and the way back is good once",
    "make_password_link": "a link that is not used lapses, and any that is used ends the others",
    "pause_run": "a run that is paused stays so",
    "read_invitation": "it stores nothing",
    "remove_second_factor": "what is removed stays so",
    "reset_password": "a link sets a password once",
    "restore_version": "the draft that it makes is the same each time",
    "resume_run": "a run that goes on goes on",
    "sign_in_with_password": "each time is a session of its own, as it is meant",
    "sign_out": "a session ends once",
    "stop_run": "a run that is stopped stays so",
    "turn_on_second_factor": "it is turned on once",
    "transfer_workspace": "who owns it owns it",
    "test_model": "it stores nothing",
    "test_sign_in_provider": "it stores nothing",
}
"""POSTs that need no `Idempotency-Key`, and why."""

SHORT = {
    "list_children": "as many as one chunk was cut into",
    "list_environments": "there are three",
    "list_indexes": "there are two, while one is being built",
    "list_knowledge_grants": "as many as a person has made by hand",
    "preview_chunks": "no more than a preview shows",
    "search_knowledge": "as many as the question asks for",
    "list_identities": "as many as one person has linked by hand",
    "list_sessions": "as many as one person has browsers",
    "list_limits": "as many as a person has made by hand",
    "list_grants": "as many as a person has made by hand",
    "list_local_models": "as many as the catalog has",
    "list_model_routes": "as many as a person has made by hand",
    "list_providers": "as many as the catalog has",
    "list_sign_in_providers": "as many as the settings name",
    "list_starters": "as many as the catalog has",
    "list_tags": "as many as a person has made by hand",
    "list_tool_apis": "as many as a person has imported by hand",
    "list_tool_servers": "as many as a person has added by hand",
    "list_tools": "as many as the catalog has, and a person has added by hand",
    "list_usage_totals": "a line for each thing that it is added up by",
    "list_workspaces": "as many as one person is a member of",
    "test_sign_in_provider": "a line for each thing that is looked at",
}
"""Lists without pages, and why they cannot grow long."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    nobody = cast(Services, SimpleNamespace(gatekeeper=None, limits=None, people=None, alone=None))
    return create_api_app(nobody, HttpOptions(version="0.1.0"))


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return openapi_document(app)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for item in document["paths"].values():
        for method, operation in item.items():
            yield method, operation["operationId"], operation


def answered(operation: dict[str, Any]) -> dict[str, Any]:
    """What is answered in JSON once it is done, {} where nothing is."""
    done = next(each for status, each in operation["responses"].items() if status.startswith("2"))
    content: dict[str, Any] = done.get("content", {}).get("application/json", {})
    return content


def schema_of(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": document["components"]}


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def test_every_operation_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for _, name, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for described in (body, answered(operation)):
            if described:
                assert described["example"] is not None, name
                schema = schema_of(document, described["schema"])
                jsonschema.validate(described["example"], schema, cls=jsonschema.Draft202012Validator)


def test_every_operation_has_a_sentence_and_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [name for _, name, _ in operations(document)]
    assert len(names) == len(set(names))
    for _, name, operation in operations(document):
        assert operation.get("description", "").endswith("."), name


def test_every_operation_says_which_permission_it_needs(document: dict[str, Any]) -> None:
    needed = {name: operation["x-permissions"] for _, name, operation in operations(document)}
    assert needed["create_app"] == ["apps.edit"]
    assert needed["read_session"] == []


def test_every_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    for _, name, operation in operations(document):
        for status in ("401", "default"):
            content = operation["responses"][status]["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/ErrorShape"), name


def test_every_post_that_makes_something_takes_an_idempotency_key(app: FastAPI, document: dict[str, Any]) -> None:
    posts = {route.name: route for route in api_routes(app.routes) if "POST" in (route.methods or ())}
    assert {name for name, route in posts.items() if not isinstance(route.original_route, CreatingRoute)} == set(
        MAKES_NOTHING
    )
    for method, name, operation in operations(document):
        headers = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post" and name not in MAKES_NOTHING), name


def test_every_list_that_can_grow_has_pages(document: dict[str, Any]) -> None:
    unpaged = set()
    for _, name, operation in operations(document):
        fields = resolved(document, answered(operation).get("schema", {})).get("properties", {})
        if fields.get("data", {}).get("type") != "array":
            continue
        parameters = {each["name"] for each in operation.get("parameters", ())}
        if not ({"limit", "after"} <= parameters and "next" in fields):
            unpaged.add(name)
    assert unpaged == set(SHORT)


def test_an_example_of_a_schema_that_holds_itself_ends() -> None:
    node = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/x/Node"}}}}
    assert Examples({"Node": node}).of(node)["children"]
