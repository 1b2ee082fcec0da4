"""The workspace behind a server, over `/api/v1` with a workspace key."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import orjson

from loomwork.interface.cli.audit_desk import AuditDesk, RemoteAuditDesk
from loomwork.interface.cli.model_desk import ModelDesk
from loomwork.interface.cli.remote_desk import RemoteDesk
from loomwork.interface.cli.workspace import AppDetails, AppLine, KeyLine, RunFacts
from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound

TIMEOUT_SECONDS = 60
HEALTH_SECONDS = 3
MOST_OF_HEALTH = 10_000
"""Bytes."""

APP_FIELDS = ("id", "name", "description", "mode", "node_count", "warnings", "published_version", "updated_at")


class ServerUnreachable(LoomworkError):
    """Nothing answers at the address, or not in a way that can be understood."""

    code = "server_unreachable"


class ServerRefused(LoomworkError):
    """The server said no; the code is its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # the code is a fact of the answer, not of this class


@asynccontextmanager
async def remote_workspace(server: str, key: str) -> AsyncIterator["RemoteWorkspace"]:
    """The workspace that a key opens. Raises `InvalidInput` for an address that is none."""
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidInput(f"--server takes an address such as http://127.0.0.1:8700, not {server[:80]!r}.")
    if not (key.isascii() and key.isprintable() and key):
        raise InvalidInput("--key holds characters that no key has.")
    headers = {"Authorization": f"Bearer {key}"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        yield RemoteWorkspace(session, f"{server.rstrip('/')}/api/v1")


async def is_loomwork(host: str, port: int) -> bool:
    """Whether what listens there says that it is a server of ours. Whatever else it says, or does not, is a no."""
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/health"
    timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(address) as answer:
            said = orjson.loads(await answer.content.read(MOST_OF_HEALTH))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("server") == "loomwork"


@dataclass(frozen=True, slots=True)
class RemoteWorkspace:
    """Fits `Workspace`."""

    session: aiohttp.ClientSession
    base: str

    @property
    def desk(self) -> ModelDesk:
        return RemoteDesk(self._maybe_json)

    @property
    def audit_desk(self) -> AuditDesk:
        return RemoteAuditDesk(self._maybe_json)

    async def import_app(self, document: str, *, publish: bool) -> AppLine:
        return _app_line(await self._json("POST", "/apps", body={"document": document, "publish": publish}))

    async def list_apps(self, *, search: str = "") -> Sequence[AppLine]:
        found: list[AppLine] = []
        query = {"limit": "100", "search": search}
        while True:
            page = await self._json("GET", "/apps", query=query)
            found += map(_app_line, page["data"])
            if not page.get("next"):
                return found
            query = {**query, "after": page["next"]}

    async def open_app(self, app_id: str) -> AppDetails:
        opened = await self._json("GET", f"/apps/{_part(app_id)}")
        return AppDetails(_app_line(opened), opened["form"], opened["models"], opened["problems"], opened["runnable"])

    async def delete_app(self, app_id: str) -> None:
        await self._call("DELETE", f"/apps/{_part(app_id)}")

    async def publish_app(self, app_id: str) -> int:
        return int((await self._json("POST", f"/apps/{_part(app_id)}/publish"))["number"])

    async def export_app(self, app_id: str) -> str:
        return (await self._call("GET", f"/apps/{_part(app_id)}/document")).decode()

    async def create_app_key(self, app_id: str) -> str:
        return str((await self._json("POST", f"/apps/{_part(app_id)}/keys"))["secret"])

    async def create_dataset_key(self, dataset_id: str) -> str:
        raise InvalidInput("A dataset key is made on the server's own machine: leave --server away.")

    async def create_workspace_key(self) -> str:
        return str((await self._json("POST", "/keys"))["secret"])

    async def list_keys(self, app_id: str | None = None) -> Sequence[KeyLine]:
        path = f"/apps/{_part(app_id)}/keys" if app_id is not None else "/keys"
        kind = "app" if app_id is not None else "workspace"
        return [
            KeyLine(key["id"], kind, app_id, key["last_four"], key["created_at"], key["revoked_at"])
            for key in (await self._json("GET", path))["data"]
        ]

    async def revoke_key(self, key_id: str) -> None:
        await self._call("DELETE", f"/keys/{_part(key_id)}")

    async def list_runs(self, app_id: str | None = None) -> Sequence[RunFacts]:
        query = {"limit": "100"} | ({"app_id": app_id} if app_id is not None else {})
        return [_run(run) for run in (await self._json("GET", "/runs", query=query))["data"]]

    async def get_run(self, run_id: str) -> RunFacts:
        return _run(await self._json("GET", f"/runs/{_part(run_id)}"))

    async def stop_run(self, run_id: str) -> None:
        await self._call("POST", f"/runs/{_part(run_id)}/stop")

    async def pause_run(self, run_id: str) -> None:
        await self._call("POST", f"/runs/{_part(run_id)}/pause")

    async def resume_run(self, run_id: str) -> RunFacts:
        return _run(await self._json("POST", f"/runs/{_part(run_id)}/resume"))

    async def answer_run(self, run_id: str, answer: Mapping[str, Any]) -> RunFacts:
        return _run(await self._json("POST", f"/runs/{_part(run_id)}/answers", body=answer))

    async def replay_run(self, run_id: str, request: Mapping[str, Any]) -> RunFacts:
        return _run(await self._json("POST", f"/runs/{_part(run_id)}/replay", body=request))

    async def sign_in_link(self) -> str:
        raise InvalidInput("A sign-in link is made on the server's own machine: leave --server away.")

    async def _json(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Any:
        return self._read(await self._call(method, path, body=body, query=query))

    def _read(self, content: bytes) -> Any:
        try:
            return orjson.loads(content)
        except ValueError:
            raise ServerUnreachable(f"What answers at {self.base} is no Loomwork server.") from None

    async def _maybe_json(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """None for an answer without content."""
        content = await self._call(method, path, body=body, query=query)
        return self._read(content) if content else None

    async def _call(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> bytes:
        try:
            async with self.session.request(method, self.base + path, json=body, params=query) as response:
                content = await response.read()
                if response.status < 400:
                    return content
                raise _refusal(self.base, response.status, content)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ServerUnreachable(f"{self.base} does not answer: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing came for {TIMEOUT_SECONDS} seconds"
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error).rstrip(".") or type(error).__name__


def _refusal(base: str, status: int, content: bytes) -> LoomworkError:
    try:
        error = orjson.loads(content)["error"]
        code, message = str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return ServerUnreachable(f"What answers at {base} is no Loomwork server (status {status}).")
    if status == 404:
        return NotFound(message)
    return InvalidInput(message) if code == "invalid_input" else ServerRefused(code, message)


def _part(text: str) -> str:
    """A part of a path, whatever it holds."""
    return quote(text, safe="")


def _run(shape: Any) -> RunFacts:
    if not isinstance(shape, dict) or not {"id", "app_id", "status", "created_at"} <= shape.keys():
        raise ServerUnreachable("The server's answer is not the one expected; its release may differ.")
    return shape


def _app_line(shape: Mapping[str, Any]) -> AppLine:
    try:
        return AppLine(**{name: shape[name] for name in APP_FIELDS})
    except (KeyError, TypeError):
        raise ServerUnreachable("The server's answer is not the one expected; its release may differ.") from None
