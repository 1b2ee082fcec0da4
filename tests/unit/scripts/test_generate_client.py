"""The client is made from the API's document, and is as the API is now."""

from typing import Any

import pytest

from scripts.generate_client import made_files, operations_of, type_of


def test_the_clients_files_are_as_the_api_is_now() -> None:
    for path, text in made_files().items():
        assert path.read_text(encoding="utf-8") == text, (
            "run `python -m scripts.generate_client`, and look at its changes"
        )


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string", "format": "date-time"}, "str"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "int | None"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/PageOf_AppShape_"}}, "list[AppPage]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, "list[str | int]"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "dict[str, float]"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"enum": ["draft", "live"]}, "Literal['draft', 'live']"),
        ({}, "Any"),
    ],
)
def test_a_schema_is_told_as_a_type(schema: dict[str, Any], told: str) -> None:
    assert type_of(schema) == told


def test_two_things_of_one_name_are_refused() -> None:
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}
    operation = {
        "operationId": "rename",
        "description": "Rename.",
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"content": body},
        "responses": {"204": {}},
    }
    schemas = {"Body": {"properties": {"name": {"type": "string"}}}}
    with pytest.raises(ValueError, match="rename takes two things of one name"):
        operations_of({"paths": {"/x/{name}": {"put": operation}}, "components": {"schemas": schemas}})
