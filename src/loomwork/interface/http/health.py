"""`/health` and `/ready`, for whatever watches over the process."""

import asyncio
import logging
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from loomwork.interface.http.errors import json_response
from loomwork.interface.http.services import Services
from loomwork.model_gateway.api import ModelUnavailable

log = logging.getLogger(__name__)

router = APIRouter()

_PROBE_SECONDS = 3.0


@router.get("/health", include_in_schema=False)
async def read_health() -> Response:
    """Say that the process lives, and whose it is."""
    return json_response({"status": "ok", "server": "loomwork"})


@router.get("/ready", include_in_schema=False)
async def read_readiness(request: Request) -> Response:
    """Say whether requests can be served, part by part: 200 or 503. Weights may be absent; they are fetched on use.
    Without a jail for code, apps that have none are served all the same.
    """
    services: Services = request.app.state.services
    parts = await _parts(services)
    problems = {part: problem for part, problem in parts.items() if problem is not None}
    ready = bool(parts) and not problems
    body = {
        "ready": ready,
        "parts": {part: part not in problems for part in parts},
        "problems": problems,
        "local_models": await _weights(services) if ready else [],
        "code": services.code() if services.code is not None else None,
    }
    return json_response(body, 200 if ready else 503)


async def _parts(services: Services) -> Mapping[str, str | None]:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await services.ready()
    except Exception as error:  # noqa: BLE001 - whatever keeps the probe from answering keeps us from being ready
        log.warning("The readiness probe failed: %s", type(error).__name__)
        return {"server": "The server could not find out how it stands; its log says why."}


async def _weights(services: Services) -> list[dict[str, str]]:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            statuses = await services.local_models.status()
    except (ModelUnavailable, TimeoutError):
        # Of an inference service that has gone since it was asked how it stands.
        return []
    return [{"model": weights.model, "state": weights.state} for weights in statuses]
