"""What is read of documents: all that can be used, and a sentence for what cannot."""

import json
from typing import Any

import pytest

from loomwork.adapters.openapi.reading import read_api
from loomwork.tools.api import ApiDocumentInvalid
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings, Operation
from loomwork.tools.domain.imported_api import card_of
from tests.unit.adapters.openapi.api_server import document

TREE = {
    "type": "object",
    "required": ["name", "child"],
    "properties": {
        "name": {"type": "string"},
        "child": {"$ref": "#/components/schemas/Tree"},
        "near": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}},
    },
}
LEAF = {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Tree"}, "colour": {"type": "string"}}}


def read(said: Any, **how: Any) -> ApiDefinition:
    return read_api(json.dumps(said).encode(), **how)


def one(said: Any) -> Operation:
    (operation,) = read(said).operations
    return operation


def posting(schema: Any, **more: Any) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return document({"/things": {"post": {"operationId": "make", "requestBody": body, "responses": {}}}}, **more)


def schema_of(operation: Operation) -> Any:
    return card_of(operation, ApiSettings()).input_schema


def test_references_are_followed_and_one_that_comes_round_again_is_cut() -> None:
    schemas = {"Tree": TREE, "Leaf": LEAF}
    schema = schema_of(one(posting({"$ref": "#/components/schemas/Tree"}, components={"schemas": schemas})))
    assert schema["required"] == ["name", "child"]
    assert schema["properties"]["child"] == {"type": "object"}
    assert schema["properties"]["near"]["items"]["properties"]["tree"] == {"type": "object"}
    assert schema["properties"]["near"]["items"]["properties"]["colour"] == {"type": "string"}
    assert "$ref" not in json.dumps(schema)


def test_a_reference_to_a_part_within_another_part_is_followed() -> None:
    inner = {"$ref": "#/paths/~1others/get/parameters/0/schema"}
    parameter = {"name": "size", "in": "query", "schema": {"type": "integer", "maximum": 7}}
    said = posting({"type": "object", "properties": {"size": inner}})
    said["paths"]["/others"] = {"get": {"operationId": "look", "parameters": [parameter], "responses": {}}}
    make = next(each for each in read(said).operations if each.name == "make")
    assert schema_of(make)["properties"]["size"] == {"type": "integer", "maximum": 7}


def test_parts_that_belong_together_are_shown_as_one() -> None:
    first = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    second = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
    schema = schema_of(one(posting({"allOf": [first, second]})))
    assert list(schema["properties"]) == ["a", "b"]
    assert schema["required"] == ["a", "b"]


def test_a_schema_that_is_too_much_is_shown_as_deep_as_it_may_be() -> None:
    def wide(levels: int) -> dict[str, Any]:
        if not levels:
            return {"type": "string"}
        return {"type": "object", "properties": {f"p{number}": wide(levels - 1) for number in range(6)}}

    schema = schema_of(one(posting(wide(6))))
    assert len(json.dumps(schema)) < 60_000
    assert schema["properties"]["p0"]["properties"]["p5"]["type"] == "object"


@pytest.mark.parametrize(
    ("version", "said", "shown"),
    [
        ("3.0.3", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ("3.1.0", {"type": ["string", "null"]}, {"type": ["string", "null"]}),
        (
            "3.0.3",
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"type": "integer", "exclusiveMinimum": 1},
        ),
        ("3.1.0", {"type": "integer", "exclusiveMinimum": 1}, {"type": "integer", "exclusiveMinimum": 1}),
        ("3.1.0", {"type": "string", "pattern": "(a+)+$", "example": "aa"}, {"type": "string"}),
        ("3.0.3", {"type": "wrong", "minLength": -1, "enum": []}, {}),
    ],
)
def test_both_ways_to_write_schemas_say_the_same(version: str, said: Any, shown: Any) -> None:
    schema = schema_of(one({**posting({"type": "object", "properties": {"a": said}}), "openapi": version}))
    assert schema["properties"]["a"] == shown


def test_what_only_answers_carry_is_not_asked_for() -> None:
    properties = {"id": {"type": "string", "readOnly": True}, "name": {"type": "string"}}
    schema = schema_of(one(posting({"type": "object", "properties": properties, "required": ["id", "name"]})))
    assert list(schema["properties"]) == ["name"]
    assert schema["required"] == ["name"]


def test_a_value_with_one_choice_is_sent_and_hidden() -> None:
    properties = {
        "kind": {"type": "string", "enum": ["pet"]},
        "flavour": {"type": "string", "x-constant": "sweet"},
        "maybe": {"type": "boolean", "enum": [True]},
        "name": {"type": "string"},
    }
    operation = one(posting({"type": "object", "properties": properties, "required": ["kind", "name"]}))
    assert list(schema_of(operation)["properties"]) == ["maybe", "name"]
    assert {slot.wire: slot.value for slot in operation.slots if slot.fixed} == {"kind": "pet", "flavour": "sweet"}


def test_a_parameter_and_a_field_of_one_name_are_two_arguments() -> None:
    said = posting({"type": "object", "properties": {"id": {"type": "integer"}}})
    said["paths"] = {"/things/{id}": said["paths"]["/things"]}
    said["paths"]["/things/{id}"]["parameters"] = [{"name": "id", "in": "path", "schema": {"type": "string"}}]
    assert list(schema_of(one(said))["properties"]) == ["id", "body_id"]


def test_arguments_have_names_that_models_can_say() -> None:
    named = [{"name": name, "in": "query", "schema": {}} for name in ("filter[name]", "$top", "größe", "x" * 90, "]")]
    said = document({"/a": {"get": {"parameters": named, "responses": {}}}})
    names = [slot.name for slot in one(said).slots]
    assert names[:3] == ["filter_name", "top", "gr_e"]
    assert len(set(names)) == 5
    assert all(0 < len(name) <= 64 for name in names)


def test_an_operation_without_a_name_is_called_by_its_place() -> None:
    operations = {"get": {"responses": {}}, "delete": {"operationId": "größe!", "responses": {}}}
    names = [each.name for each in read(document({"/pets/{id}/toys": operations})).operations]
    assert names == ["get_pets_by_id_toys", "gr_e"]


def test_two_operations_of_one_name_are_two_tools() -> None:
    operation = {"operationId": "same", "responses": {}}
    names = [each.name for each in read(document({"/a": {"get": operation}, "/b": {"get": operation}})).operations]
    assert names == ["same", "same_2"]


BROKEN: list[tuple[str, Any]] = [
    ("parameters is no list", {"parameters": "none"}),
    ("a parameter has no name, or no place", {"parameters": [{"in": "query"}]}),
    ("names nothing in this document", {"parameters": [{"$ref": "#/components/parameters/None"}]}),
    ("leads to another document", {"parameters": [{"$ref": "https://example.org/other.yml#/a"}]}),
    ("leads to another document", {"parameters": [{"$ref": "../../../etc/passwd"}]}),
    ("is in 'stars'", {"parameters": [{"name": "a", "in": "stars"}]}),
    ("its body is no object", {"requestBody": 7}),
    ("a schema is no object", {"requestBody": {"content": {"application/json": {"schema": 7}}}}),
    ("a $ref is no text", {"requestBody": {"$ref": ["#"]}}),
]


@pytest.mark.parametrize(("reason", "operation"), BROKEN)
def test_a_broken_operation_is_named_and_the_others_are_given(reason: str, operation: Any) -> None:
    paths = {"/good": {"get": {"operationId": "good", "responses": {}}}, "/bad/{id}": {"post": operation}}
    definition = read(document(paths))
    assert [each.name for each in definition.operations] == ["good"]
    (problem,) = definition.problems
    assert problem.startswith("POST /bad/{id}: ")
    assert reason in problem


@pytest.mark.parametrize("path", ["/../admin", "/a/%2e%2e/b", "/a/..%2Fb", "nowhere", "/a\\b", "/a b", "/a?x=/.."])
def test_a_path_that_could_lead_elsewhere_is_broken(path: str) -> None:
    good = {"get": {"operationId": "good", "responses": {}}}
    definition = read(document({"/good": good, path: good}))
    assert len(definition.operations) == 1
    assert len(definition.problems) == 1


def test_a_reference_that_goes_round_is_broken() -> None:
    round_about = {"a": {"$ref": "#/components/parameters/b"}, "b": {"$ref": "#/components/parameters/a"}}
    paths = {
        "/good": {"get": {"responses": {}}},
        "/bad": {"get": {"parameters": [{"$ref": "#/components/parameters/a"}], "responses": {}}},
    }
    definition = read(document(paths, components={"parameters": round_about}))
    assert [each.path for each in definition.operations] == ["/good"]
    assert definition.problems == ("GET /bad: a parameter refers to itself.",)


def test_schemas_that_refer_to_nothing_but_each_other_take_everything() -> None:
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    said = posting({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}})
    assert schema_of(one({**said, "components": {"schemas": schemas}}))["properties"] == {"a": {}}


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("neither OpenAPI 3 nor Swagger 2", {"openapi": "2.9"}),
        ("neither OpenAPI 3 nor Swagger 2", {"swagger": "1.2"}),
        ("nothing that can be called", {"openapi": "3.1.0"}),
        ("paths is no object", {"openapi": "3.1.0", "paths": []}),
        ("info is no object", {"openapi": "3.1.0", "info": 4, "paths": {"/a": {"get": {}}}}),
        ("no operation can", {"openapi": "3.1.0", "paths": {"/a": {"get": 7}}}),
    ],
)
def test_what_describes_nothing_is_refused_in_a_sentence(sentence: str, said: Any) -> None:
    with pytest.raises(ApiDocumentInvalid) as caught:
        read(said)
    assert sentence in caught.value.message or "GET /a: the operation is no object." in caught.value.message


def test_only_what_is_wanted_is_read() -> None:
    paths = {
        "/pets": {"get": {"operationId": "pets", "tags": ["zoo"]}, "post": {"operationId": "add"}},
        "/cars": {"get": {"operationId": "cars"}},
    }
    for only, names in (
        (["add"], ["add"]),
        (["zoo"], ["pets"]),
        (["/pe"], ["pets", "add"]),
        (["cars", "zoo"], ["pets", "cars"]),
    ):
        assert [each.name for each in read(document(paths), only=only).operations] == names
    with pytest.raises(ApiDocumentInvalid):
        read(document(paths), only=["nothing"])


@pytest.mark.parametrize(
    ("servers", "base", "found"),
    [
        ([{"url": "https://a.example/v1/"}], None, ("https://a.example/v1",)),
        ([{"url": "/v2"}], "https://b.example/docs/api.json", ("https://b.example/v2",)),
        ([{"url": "/v2"}], None, ()),
        (
            [{"url": "https://{where}.example", "variables": {"where": {"default": "eu"}}}],
            None,
            ("https://eu.example",),
        ),
        ([{"url": "https://{where}.example"}], None, ()),
        ([{"url": "file:///etc/passwd"}, {"url": "https://u:p@a.example"}, {"url": 7}], None, ()),
        (None, "https://b.example/docs/api.json", ("https://b.example",)),
    ],
)
def test_the_address_is_the_documents_or_where_it_was(servers: Any, base: str | None, found: Any) -> None:
    said = document({"/a": {"get": {"responses": {}}}})
    said["servers"] = servers
    assert read(said, base=base).servers == found


SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Old", "version": "1"},
    "host": "old.example",
    "basePath": "/api",
    "schemes": ["http", "https"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    "security": [{"key": []}],
    "parameters": {"limit": {"name": "limit", "in": "query", "type": "integer", "default": 5}},
    "definitions": {"Pet": {"type": "object", "properties": {"name": {"type": "string", "x-nullable": True}}}},
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/parameters/limit"}],
            "post": {
                "operationId": "add",
                "parameters": [{"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}],
                "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/Pet"}}},
            },
        },
        "/photos": {
            "post": {
                "operationId": "upload",
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "photo", "in": "formData", "type": "file", "required": True},
                    {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}},
                ],
                "responses": {},
            }
        },
    },
}


def test_swagger_2_says_the_same_in_other_words() -> None:
    definition = read(SWAGGER)
    add, upload = definition.operations
    assert definition.servers == ("https://old.example/api", "http://old.example/api")
    assert [(scheme.kind, scheme.name) for scheme in definition.auth] == [("header", "X-Key")]
    assert schema_of(add)["properties"] == {
        "limit": {"type": "integer", "description": "Default: 5."},
        "name": {"type": ["string", "null"]},
    }
    assert add.output_schema is not None
    assert add.output_schema["properties"] == {"name": {"type": ["string", "null"]}}
    assert upload.body is not None
    assert upload.body.kind == "multipart"
    assert schema_of(upload)["properties"]["photo"] == {"type": "object", "format": "file"}
    assert schema_of(upload)["required"] == ["photo"]


def secured(schemes: Any, security: Any) -> ApiDefinition:
    paths: dict[str, Any] = {"/a": {"get": {"responses": {}}}}
    return read(document(paths, components={"securitySchemes": schemes}, security=security))


FLOW = {"clientCredentials": {"tokenUrl": "/token", "scopes": {"read": "", "write": ""}}}
PERSON = {"authorizationCode": {"authorizationUrl": "https://a.example", "tokenUrl": "https://a.example"}}


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        ({"type": "http", "scheme": "Basic"}, "basic"),
        ({"type": "http", "scheme": "bearer"}, "bearer"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "header"),
        ({"type": "apiKey", "in": "query", "name": "key"}, "query"),
        ({"type": "apiKey", "in": "cookie", "name": "session"}, "cookie"),
        ({"type": "oauth2", "flows": FLOW}, "oauth2"),
        ({"type": "oauth2", "flows": PERSON}, "bearer"),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://a.example"}, "bearer"),
    ],
)
def test_what_lets_in_is_taken_from_the_document(scheme: Any, kind: str) -> None:
    (found,) = secured({"it": scheme}, [{"it": []}]).auth
    assert found.kind == kind
    assert not found.optional
    if kind == "oauth2":
        assert (found.token_url, found.scopes) == ("https://api.example.org/token", ("read", "write"))


def test_what_a_program_can_do_alone_goes_before_what_a_person_must() -> None:
    schemes = {"person": {"type": "oauth2", "flows": PERSON}, "key": {"type": "apiKey", "in": "query", "name": "k"}}
    assert [each.kind for each in secured(schemes, [{"person": []}, {"key": []}]).auth] == ["query"]


def test_schemes_that_are_wanted_together_are_taken_together() -> None:
    schemes = {
        "app": {"type": "apiKey", "in": "header", "name": "X-App"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }
    assert [each.name for each in secured(schemes, [{"app": [], "key": []}]).auth] == ["X-App", "X-Key"]


def test_what_may_be_left_out_is_optional() -> None:
    (found,) = secured({"key": {"type": "http", "scheme": "bearer"}}, [{"key": []}, {}]).auth
    assert found.optional


@pytest.mark.parametrize("scheme", [{"type": "mutualTLS"}, {"type": "http", "scheme": "digest"}, {"type": 7}, []])
def test_what_cannot_let_in_is_said(scheme: Any) -> None:
    definition = secured({"it": scheme}, [{"it": []}])
    assert definition.auth == ()
    assert definition.problems[0].startswith("What lets in (it): ")


def test_a_definition_is_kept_as_text_and_read_again() -> None:
    definition = read(SWAGGER)
    assert ApiDefinition.model_validate_json(definition.model_dump_json()) == definition
