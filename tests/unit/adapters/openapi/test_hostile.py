"""Documents that are wrong anywhere: each is read as far as it can be, or refused in a sentence, and nothing else."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from loomwork.adapters.openapi.reading import MOST_OPERATIONS, read_api
from loomwork.tools.api import ApiDocumentInvalid
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings
from loomwork.tools.domain.imported_api import card_of, locks_of
from loomwork.tools.domain.tool import is_tool_name
from tests.unit.adapters.openapi.api_server import document
from tests.unit.adapters.openapi.petstore import PETS
from tests.unit.adapters.openapi.test_reading import SWAGGER

WRONG: list[Any] = [None, True, 7, "", "\u0000\n{}", [], [[]], {}, {"$ref": "#"}, {"$ref": "#/paths"}, {"$ref": 7}]
Steps = tuple[Any, ...]


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    if steps:
        yield steps
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*steps, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*steps, number))


def with_wrong(said: Any, steps: Steps, wrong: Any) -> Any:
    changed = copy.deepcopy(said)
    inside = changed
    for step in steps[:-1]:
        inside = inside[step]
    inside[steps[-1]] = wrong
    return changed


def read_or_refused(said: Any) -> ApiDefinition | None:
    try:
        definition = read_api(json.dumps(said).encode())
    except ApiDocumentInvalid:
        return None
    locks_of(definition, ApiSettings())
    for operation in definition.operations:
        card = card_of(operation, ApiSettings())
        assert is_tool_name(card.name)
        assert "$ref" not in json.dumps(card.input_schema)
    return definition


@pytest.mark.parametrize("said", [PETS, SWAGGER], ids=["openapi", "swagger"])
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_document_that_is_wrong_in_one_place_is_read_or_refused(said: Any, wrong: Any) -> None:
    for steps in places(said):
        read_or_refused(with_wrong(said, steps, wrong))


def test_what_is_wrong_in_one_operation_leaves_the_others() -> None:
    for steps in places(PETS["paths"]["/pets"]["get"]):
        for wrong in WRONG:
            definition = read_or_refused(with_wrong(PETS, ("paths", "/pets", "get", *steps), wrong))
            assert definition is not None
            assert {"add_pet", "remove_pet", "add_photo"} <= {each.name for each in definition.operations}


def test_schemas_that_multiply_end() -> None:
    schemas = {
        f"S{level}": {
            "type": "object",
            "properties": {f"p{number}": {"$ref": f"#/components/schemas/S{level + 1}"} for number in range(20)},
        }
        for level in range(30)
    }
    schemas["S30"] = {"type": "string"}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    said = document({"/a": {"post": {"requestBody": body}}}, components={"schemas": schemas})
    (operation,) = read_api(json.dumps(said).encode()).operations
    assert len(json.dumps(card_of(operation, ApiSettings()).input_schema)) < 100_000


def test_schemas_in_a_ring_of_all_to_all_end() -> None:
    names = [f"S{number}" for number in range(40)]
    schemas = {name: {"anyOf": [{"$ref": f"#/components/schemas/{other}"} for other in names]} for name in names}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    read_or_refused(document({"/a": {"post": {"requestBody": body}}}, components={"schemas": schemas}))


def test_there_are_not_more_tools_than_one_api_may_have() -> None:
    paths: dict[str, Any] = {f"/p{number}": {"get": {"responses": {}}} for number in range(MOST_OPERATIONS + 5)}
    definition = read_api(json.dumps(document(paths)).encode())
    assert len(definition.operations) == MOST_OPERATIONS
    assert "first" in definition.problems[0]


def test_many_problems_are_few_sentences() -> None:
    paths: dict[str, Any] = {f"/p{number}": {"get": {"parameters": 7}} for number in range(500)}
    paths["/good"] = {"get": {"responses": {}}}
    definition = read_api(json.dumps(document(paths)).encode())
    assert len(definition.problems) == 51
    assert definition.problems[-1] == "And 450 more like these."


def test_half_a_character_is_refused() -> None:
    text = json.dumps(document({"/a": {"post": {"parameters": [{"name": "HALF", "in": "query"}]}}}))
    with pytest.raises(ApiDocumentInvalid):
        read_api(text.replace("HALF", "\\ud800").encode())


def test_a_long_word_of_a_document_is_cut() -> None:
    operation = {"operationId": "x" * 5_000, "summary": "y" * 50_000, "description": "z" * 50_000}
    (read,) = read_api(json.dumps(document({"/a": {"get": operation}})).encode()).operations
    assert len(read.name) == 64
    assert len(read.label) <= 100
    assert len(read.description) <= 1_500
