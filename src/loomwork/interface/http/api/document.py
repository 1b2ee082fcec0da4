"""The OpenAPI document of `/api/v1`: what FastAPI knows, and what it cannot know."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from loomwork.interface.http.api.examples import Examples
from loomwork.interface.http.idempotency import MAX_KEY_LENGTH, CreatingRoute
from loomwork.interface.http.needs import api_routes, declared

PREFIX = "/api/v1"

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request makes nothing twice, and is answered as the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
}


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """The document, its paths as callers write them."""
    document = get_openapi(
        title="Loomwork",
        version=app.version,
        summary="Everything the console can do.",
        description="Sign in with a session cookie, or send `Authorization: Bearer lw-...`.",
        routes=app.routes,
    )
    paths = document["paths"]
    _tell_of_streams(paths)
    _tell_of_routes(paths, api_routes(app.routes))
    _add_examples(paths, Examples(document.setdefault("components", {}).get("schemas", {})))
    document["paths"] = {f"{PREFIX}{path}": item for path, item in paths.items()}
    document["components"]["securitySchemes"] = {
        "workspaceKey": {"type": "http", "scheme": "bearer", "description": "A workspace key, `lw-...`."},
        "session": {"type": "apiKey", "in": "cookie", "name": "loomwork_session"},
    }
    document["security"] = [{"workspaceKey": []}, {"session": []}]
    return document


def _tell_of_streams(paths: Mapping[str, Any]) -> None:
    """FastAPI files every model under JSON; what this one describes is each event of the stream."""
    events = paths["/runs/{run_id}/events"]["get"]["responses"]["200"]
    events["content"] = {"text/event-stream": events["content"]["application/json"]}


def _tell_of_routes(paths: Mapping[str, Any], routes: Sequence[Any]) -> None:
    """Say which permissions an operation needs, and whether it may be sent again with the same key."""
    for route in routes:
        for method in route.methods or ():
            operation = paths.get(route.path_format, {}).get(method.lower())
            if operation is None:
                continue
            need = declared(route)
            operation["x-permissions"] = list(need.permissions) if need is not None else []
            if isinstance(route.original_route, CreatingRoute):
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _add_examples(paths: Mapping[str, Any], examples: Examples) -> None:
    for content in _contents(paths):
        for media_type, described in content.items():
            if media_type == "application/json" and "example" not in described:
                described["example"] = examples.of(described["schema"])


def _contents(paths: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What each operation takes, and what each answers once it has done what it was asked."""
    for item in paths.values():
        for operation in item.values():
            yield operation.get("requestBody", {}).get("content", {})
            for status, answer in operation["responses"].items():
                if str(status).startswith("2"):
                    yield answer.get("content", {})
