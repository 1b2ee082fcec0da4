"""Tools that are requests: made from what a file says, sent through the gate, and read as the file says."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jmespath

from loomwork.adapters.tools.answers import result_of
from loomwork.adapters.tools.asking import Asked, ask
from loomwork.adapters.tools.cards import Auth, Request, ToolFileCard, ToolsetCard
from loomwork.adapters.tools.templates import ABSENT, Values, filled, is_whole, text_of, url_of, written
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.tool import ToolCard

KEYED = frozenset({"POST", "PATCH"})
CHANGING = frozenset({"write", "spend"})


@dataclass(frozen=True, slots=True)
class HttpTool:
    """Implements `Tool`."""

    card: ToolCard
    toolset: ToolsetCard
    said: ToolFileCard
    request: Request
    world: ToolWorld

    async def call(self, call: ToolCall) -> ToolResult:
        """See `Tool.call`."""
        values = Values(call.arguments, call.credentials)
        request = self._request(call, values)
        asked = await self._asked(request, call)
        if self.request.pages is not None:
            asked = await self._all_pages(asked, request, call)
        return await result_of(self.said.answer, asked, self.world, most=self._most(call))

    def _most(self, call: ToolCall) -> int | None:
        """How many things may be handed on, where the caller says so."""
        limit = self.said.answer.limit
        wanted = call.arguments.get(limit) if limit is not None else None
        return wanted if isinstance(wanted, int) and wanted > 0 else None

    async def _asked(self, request: EgressRequest, call: ToolCall) -> Asked:
        fields = self.toolset.credentials
        secrets = [value for name, value in call.credentials.items() if name in fields and fields[name].secret]
        return await ask(self.world.egress, request, label=self.toolset.label, secrets=secrets, answer=self.said.answer)

    def _request(self, call: ToolCall, values: Values) -> EgressRequest:
        body, content_type = _body(self.request, self.toolset.auth, values)
        written_out = ((name, text_of(each, values)) for name, each in self._headers(values))
        headers = {name: each for name, each in written_out if each and each != "false"}
        if content_type and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = content_type
        if self.request.method in KEYED and self.card.effect in CHANGING:
            headers["Idempotency-Key"] = call.key
        let_in = _let_in(self.toolset.auth, "header", values)
        secret = frozenset(let_in)
        query = {**_query(self.request, values), **_let_in(self.toolset.auth, "query", values)}
        url = _with_query(url_of(self.request.url, values), query)
        return EgressRequest(self.request.method, url, list({**headers, **let_in}.items()), body, secret_headers=secret)

    def _headers(self, values: Values) -> list[tuple[str, str]]:
        """Those that there is a value for."""
        return [(name, each) for name, each in self.request.headers.items() if is_whole(each, values)]

    async def _all_pages(self, first: Asked, request: EgressRequest, call: ToolCall) -> Asked:
        pages = self.request.pages
        assert pages is not None
        found, page = list(_items(first.value, pages.items)), first
        for _ in range(pages.most - 1):
            following = jmespath.search(pages.next, page.value)
            if following in (None, "", False):
                break
            url = _with_query(request.url, {pages.into: following})
            page = await self._asked(_at(request, url), call)
            more = _items(page.value, pages.items)
            if not more:
                break
            found += more
        value = {**first.value, pages.items: found} if pages.items and isinstance(first.value, dict) else found
        return Asked(first.response, value)


def _at(request: EgressRequest, url: str) -> EgressRequest:
    return EgressRequest(request.method, url, request.headers, request.body, secret_headers=request.secret_headers)


def _items(value: Any, name: str) -> list[Any]:
    found = value.get(name) if name and isinstance(value, dict) else value
    return found if isinstance(found, list) else []


def _let_in(auth: tuple[Auth, ...], place: str, values: Values) -> dict[str, str]:
    """What lets the request in, in this place of it."""
    return {
        each.name: _credential(each.value, values)
        for each in auth
        if each.place == place and is_whole(each.value, values)
    }


def _credential(template: str, values: Values) -> str:
    """`basic:` before a template has what follows written as RFC 7617 has it."""
    text = text_of(template, values)
    scheme, mark, pair = text.partition(":")
    if mark and scheme == "basic":
        return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
    return text


def _query(request: Request, values: Values) -> dict[str, Any]:
    query = filled(request.query, values)
    return query if isinstance(query, dict) else {}


def _body(request: Request, auth: tuple[Auth, ...], values: Values) -> tuple[bytes | None, str]:
    let_in = _let_in(auth, "json", values)
    if request.json_body is not None or let_in:
        body = filled(request.json_body if request.json_body is not None else {}, values)
        body = {} if body is ABSENT else body
        merged = {**body, **let_in} if isinstance(body, Mapping) else body
        return json.dumps(merged, ensure_ascii=False, default=str).encode(), "application/json"
    if request.form is not None:
        form = filled(request.form, values)
        pairs = [] if form is ABSENT else _pairs(form)
        return urlencode(pairs, errors="replace").encode(), "application/x-www-form-urlencoded"
    if request.text is not None:
        return text_of(request.text, values).encode(), "text/plain; charset=utf-8"
    return None, ""


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A list is several pairs of one name, and a switch a word in small letters."""
    return [
        (name, written(one))
        for name, value in values.items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if one is not None
    ]


def _with_query(url: str, query: Mapping[str, Any]) -> str:
    """The address with this query; what it has of the same name already gives way."""
    if not query:
        return url
    address, _, fragment = url.partition("#")
    address, _, there = address.partition("?")
    kept = [pair for pair in there.split("&") if pair and pair.partition("=")[0] not in query]
    said = "&".join([*kept, *([urlencode(_pairs(query), errors="replace")] if _pairs(query) else [])])
    return f"{address}{'?' if said else ''}{said}{'#' if fragment else ''}{fragment}"
