"""A small API with something of everything, for tests that need one whole."""

from typing import Any

PETS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pet Store", "version": "1.2", "description": "Sells pets."},
    "servers": [{"url": "https://pets.example.org/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "list_pets",
                "summary": "List pets",
                "tags": ["pets"],
                "parameters": [
                    {"$ref": "#/components/parameters/limit"},
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}},
            },
            "post": {
                "operationId": "add_pet",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                },
                "responses": {"201": {"$ref": "#/components/responses/Pet"}},
            },
        },
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "delete": {"operationId": "remove_pet", "responses": {"204": {"description": "Gone."}}},
        },
        "/pets/{id}/photo": {
            "post": {
                "operationId": "add_photo",
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "properties": {"photo": {"type": "string", "format": "binary"}},
                            },
                            "encoding": {"photo": {"contentType": "image/png"}},
                        }
                    }
                },
                "responses": {},
            }
        },
    },
    "components": {
        "parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 10}}},
        "responses": {"Pet": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}},
        "schemas": {
            "Pet": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "kind": {"enum": ["cat", "dog"]},
                    "parent": {"$ref": "#/components/schemas/Pet"},
                    "owner": {"allOf": [{"$ref": "#/components/schemas/Person"}, {"nullable": True}]},
                },
            },
            "Person": {"type": "object", "properties": {"name": {"type": "string"}, "pets": {"type": "array"}}},
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}
