"""The process of a plugin: it is behind all walls before it imports anything of it, serves calls one after the other,
and ends when the server lets go of it.
"""

import base64
import importlib
import os
import select
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from loomwork.adapters.sandbox.inside.plugin_frames import PROTOCOL, packed, read_frame, write_frame
from loomwork.adapters.sandbox.inside.walls import CHANNEL, limit_memory, open_reserve
from loomwork.adapters.sandbox.inside.worker import NO_WALLS, Plan, build_walls

LONGEST_MESSAGE = 1000
PARTS = frozenset({"text", "json", "files", "links", "variables"})
FILE_MARK = "$file"


class FetchFailed(Exception):
    """A request was refused or failed; the message says why. `code` stays the same for the same reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Cancelled(Exception):
    """Nobody waits for this call any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a request; names of headers are in lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class PluginCall:
    """What a tool is handed beside its arguments. `key` is the same for every repetition of a call."""

    id: str
    key: str
    credentials: Mapping[str, str]
    _cancelled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for this call any more."""
        with self._lock:
            while not self._cancelled and select.select([CHANNEL], [], [], 0)[0]:
                self._hear(read_frame(CHANNEL))
        return self._cancelled

    def progress(self, text: str) -> None:
        """Say a piece of the text as it comes. Raises `Cancelled`."""
        if self.cancelled:
            raise Cancelled
        write_frame(CHANNEL, packed({"kind": "progress", "id": self.id, "text": str(text)}))

    def fetch(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Have the server send a request to one of the hosts that the manifest names. Redirects are not followed.
        Raises `FetchFailed`, `Cancelled`.
        """
        asked = {"method": method, "url": url, "headers": dict(headers or {}), "body": _encoded(body)}
        with self._lock:
            write_frame(CHANNEL, packed({"kind": "fetch", "id": self.id, **asked}))
            while True:
                said = read_frame(CHANNEL)
                if said["kind"] == "fetched" and said["id"] == self.id:
                    return _answer(said)
                self._hear(said)
                if self._cancelled:
                    raise Cancelled

    def _hear(self, frame: Mapping[str, Any]) -> None:
        if frame["kind"] == "cancel" and frame["id"] == self.id:
            self._cancelled = True


def be_plugin(channel: int, plan: Plan) -> NoReturn:
    """Serve one plugin on the channel, in a process that was forked for it."""
    try:
        build_walls(channel, plan)
    except BaseException:  # noqa: BLE001 - a wall is missing, whatever the reason: nothing may run here
        os._exit(NO_WALLS)
    # The keeper has looked through its own descriptors, which lead elsewhere: what it found there, or did not, is void.
    sys.path_importer_cache.clear()
    try:
        _Host(plan.size).serve()
    finally:
        os._exit(0)


class _Host:
    """Answers what the server says. Modules of the plugin are imported when they are asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[str, str] = {}

    def serve(self) -> None:
        """Until the server is gone."""
        while True:
            try:
                said = read_frame(CHANNEL)
            except EOFError:
                return
            match said["kind"]:
                case "hello":
                    self._begin(said)
                case "describe":
                    told = {name: self._problem(name) for name in self._entries}
                    write_frame(CHANNEL, packed({"kind": "described", "tools": told}))
                case "call":
                    write_frame(CHANNEL, self._called(said))

    def _begin(self, said: Mapping[str, Any]) -> None:
        os.environ.update(said["environment"])
        self._entries = dict(said["tools"])
        limit_memory(self._size, said["memory"])
        write_frame(CHANNEL, packed({"kind": "hello", "protocol": PROTOCOL}))

    def _problem(self, name: str) -> str | None:
        try:
            self._function(name)
        except BaseException as error:  # noqa: BLE001 - a plugin raises what it likes, and the server is told
            return _told(error)
        return None

    def _function(self, name: str) -> Callable[..., Any]:
        module, _, attribute = self._entries[name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        if not callable(found):
            raise TypeError(f"{self._entries[name]} is no function")
        function: Callable[..., Any] = found
        return function

    def _called(self, said: Mapping[str, Any]) -> bytes:
        call_id = said["id"]
        call = PluginCall(call_id, said["key"], said["credentials"])
        try:
            left = self._function(said["tool"])(_with_files(said["arguments"]), call)
            return packed({"kind": "result", "id": call_id, "result": _parts(left)})
        except Cancelled:
            return packed({"kind": "error", "id": call_id, "reason": "cancelled", "message": ""})
        except MemoryError:
            open_reserve()
            return packed({"kind": "error", "id": call_id, "reason": "memory", "message": ""})
        except BaseException as error:  # noqa: BLE001 - as above
            return packed({"kind": "error", "id": call_id, "reason": "raised", "message": _told(error)})


def _parts(left: Any) -> dict[str, Any]:
    """A text, nothing, the parts of a result by name, or any other value, which is its JSON."""
    if left is None or isinstance(left, str):
        return {"text": left or ""}
    if isinstance(left, dict) and left and PARTS.issuperset(left):
        files = [{**each, "content": _encoded(each["content"])} for each in left.get("files", ())]
        return {**left, "files": files}
    return {"json": [left]}


def _with_files(value: Any) -> Any:
    """The arguments, with the bytes of files."""
    if isinstance(value, list):
        return [_with_files(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {FILE_MARK}:
        return {**value[FILE_MARK], "content": base64.b64decode(value[FILE_MARK]["content"])}
    return {name: _with_files(each) for name, each in value.items()}


def _answer(said: Mapping[str, Any]) -> Answer:
    if "code" in said:
        raise FetchFailed(said["message"], said["code"])
    return Answer(said["status"], said["url"], said["headers"], base64.b64decode(said["body"]))


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _told(error: BaseException) -> str:
    """A sentence; an exception of the plugin's own making may do anything when it is looked at."""
    try:
        return f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE]
    except BaseException:  # noqa: BLE001 - as above
        return "It raised what cannot be told."
