"""A request as an app file writes it, as the request that is sent."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from loomwork.engine.ports import Binder, NodeContext, NodeError
from loomwork.engine.variables import Template
from loomwork.nodes.http_request.bodies import BoundBody
from loomwork.nodes.http_request.config import Authorization, HttpRequestConfig, Timeout, read_pairs
from loomwork.nodes.ports import EgressLimits, EgressRequest, FileBytes
from loomwork.nodes.reading import Inputs, joined, template_inputs

CONNECT, READ, WRITE = 10.0, 600.0, 600.0
"""Seconds: what a node may wait at most, and does where it does not say."""

LARGEST_ANSWER = 10 * 1024 * 1024

KEYED_METHODS = frozenset({"POST", "PATCH"})
IDEMPOTENCY_KEY = "Idempotency-Key"
"""Those that may be made twice without meaning it, and the header by which a server can tell: the other methods are
idempotent by themselves (draft-ietf-httpapi-idempotency-key-header).
"""


@dataclass(frozen=True, slots=True)
class BoundPair:
    """A line of `key:value`. A line that is one variable and nothing else may become several."""

    key: Template
    value: Template | None


class BoundRequest:
    """The request of one node, ready to be made in any run. Raises `NodeError` where it cannot."""

    def __init__(self, config: HttpRequestConfig, binder: Binder, files: FileBytes) -> None:
        self._method = config.method.strip().upper() or "GET"
        self._url = binder.template(config.url, field_name="url")
        self._headers = _bound_pairs(config.headers, binder, "headers")
        self._params = _bound_pairs(config.params, binder, "params")
        self._authorization = config.authorization if config.authorization.type == "api-key" else None
        self._api_key = binder.template(config.authorization.config.api_key, field_name="authorization")
        self._body = BoundBody(config.body, binder, files)
        self._verify_tls = config.ssl_verify
        self.limits = _limits(config.timeout)
        pairs = [*self._headers, *self._params]
        lines = [template for pair in pairs for template in (pair.key, pair.value) if template is not None]
        key = [self._api_key] if self._authorization is not None else []
        self.inputs: Inputs = joined(template_inputs(self._url, *lines, *key), self._body.inputs)

    async def made(self, context: NodeContext) -> EgressRequest:
        url = self._rendered_url(context)
        headers = dict(_rendered(self._headers, context, "header"))
        secret: frozenset[str] = frozenset()
        if self._authorization is not None:
            name, value = authorization_header(self._authorization, context.render(self._api_key))
            headers = {key: held for key, held in headers.items() if key.lower() != name.lower()} | {name: value}
            secret = frozenset({name})
        body = await self._body.sent(context)
        # A form knows its own boundary; any other type may be said by the node.
        is_form = body.content_type is not None and body.content_type.startswith("multipart/")
        said = [key for key in headers if key.lower() == "content-type"]
        if is_form or (body.content_type is not None and not said):
            headers = {key: value for key, value in headers.items() if key not in said}
            headers["Content-Type"] = body.content_type or ""
        if self._method in KEYED_METHODS and IDEMPOTENCY_KEY.lower() not in {key.lower() for key in headers}:
            headers[IDEMPOTENCY_KEY] = context.idempotency_key()
        return EgressRequest(self._method, url, list(headers.items()), body.content, self._verify_tls, secret)

    def _rendered_url(self, context: NodeContext) -> str:
        url = context.render(self._url).strip()
        if not url.lower().startswith(("http://", "https://")):
            message = "The URL is empty." if not url else "The URL must begin with http:// or https://."
            raise NodeError(message, code="invalid_url", retryable=False)
        params = [(key, value) for key, value in _rendered(self._params, context, "param") if key]
        if not params:
            return url
        address, mark, fragment = url.partition("#")
        joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
        return f"{address}{joint}{urlencode(params, errors='replace')}{mark}{fragment}"


def authorization_header(authorization: Authorization, api_key: str) -> tuple[str, str]:
    """The header that carries the key. Raises `NodeError` where the key is empty."""
    if not api_key.strip():
        message = "The API key is empty. Set it, or choose no authorization."
        raise NodeError(message, code="missing_api_key", retryable=False)
    name = authorization.config.header.strip() or "Authorization"
    match authorization.config.type:
        case "basic":
            encoded = base64.b64encode(api_key.encode(errors="replace")).decode("ascii") if ":" in api_key else api_key
            return name, f"Basic {encoded}"
        case "custom":
            return name, api_key
        case _:
            return name, f"Bearer {api_key}"


def _bound_pairs(text: str, binder: Binder, field_name: str) -> list[BoundPair]:
    """Lines are told apart before values are put in, so that a value cannot bring lines of its own."""
    pairs = []
    for line in text.strip().splitlines():
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        bound = binder.template(value.strip(), field_name=field_name) if colon else None
        pairs.append(BoundPair(binder.template(key.strip(), field_name=field_name), bound))
    return pairs


def _rendered(pairs: Sequence[BoundPair], context: NodeContext, what: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for pair in pairs:
        key = context.render(pair.key)
        if pair.value is None and len(pair.key.segments) == 1 and pair.key.refs:
            found += read_pairs(key)
            continue
        value = "" if pair.value is None else context.render(pair.value)
        found.append((key.strip(), value.strip()))
    if what == "header":
        _check_headers(found)
        return [(key, value) for key, value in found if key]
    return found


def _check_headers(pairs: Sequence[tuple[str, str]]) -> None:
    for key, value in pairs:
        if "\n" in key + value or "\r" in key + value:
            message = f"The header '{key[:40]}' would have more than one line."
            raise NodeError(message, code="invalid_header", retryable=False)


def _limits(timeout: Timeout) -> EgressLimits:
    connect = min(timeout.connect or CONNECT, CONNECT)
    read, write = min(timeout.read or READ, READ), min(timeout.write or WRITE, WRITE)
    return EgressLimits(
        connect=connect, first_byte=connect + write + read, total=connect + write + read, size=LARGEST_ANSWER
    )
