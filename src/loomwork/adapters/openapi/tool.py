"""An operation of an API as a tool."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.adapters.openapi.bodies import is_json
from loomwork.adapters.openapi.requests import LetIn, let_in_by, request_of
from loomwork.adapters.openapi.tokens import Tokens
from loomwork.adapters.tools.answers import body_text, received_file
from loomwork.adapters.tools.asking import fetched, refused, said_in
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressResponse
from loomwork.tools.api import ToolCredentialsRefused, ToolOutputInvalid
from loomwork.tools.domain.api_definition import AuthScheme, Operation
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.tool import ToolCard

_SAID = "error.message || message || detail || error_description || error || title || errors"
_TEXTS = ("text/", "application/xml", "application/yaml", "application/x-yaml", "application/javascript")


@dataclass(frozen=True, slots=True)
class OperationTool:
    """Implements `Tool`. `fields` are the names of the credentials that each scheme has its values from."""

    card: ToolCard
    operation: Operation
    server: str
    auth: tuple[tuple[AuthScheme, Mapping[str, str]], ...]
    label: str
    world: ToolWorld
    tokens: Tokens

    async def call(self, call: ToolCall) -> ToolResult:
        """See `Tool.call`."""
        let_in = await self._let_in(call)
        request = await request_of(self.operation, self.server, call, let_in, self.world)
        response = await fetched(self.world.egress, request, label=self.label)
        if not 200 <= response.status < 300:
            raise self._refused(response, call, let_in)
        return result_of(response, self.operation, self.label)

    async def _let_in(self, call: ToolCall) -> LetIn:
        let_in = LetIn()
        for scheme, values in self._values(call):
            if scheme.kind == "oauth2":
                token = await self.tokens.token(str(call.scope.workspace_id), scheme, values, self.label)
                let_in.headers["Authorization"] = f"Bearer {token}"
                let_in.secrets += [token, values.get("secret", "")]
            else:
                let_in_by(scheme, values, let_in)
        return let_in

    def _values(self, call: ToolCall) -> list[tuple[AuthScheme, dict[str, str]]]:
        """The schemes that there is something for, with it."""
        found = []
        for scheme, fields in self.auth:
            values = {role: call.credentials[name] for role, name in fields.items() if call.credentials.get(name)}
            if "key" in values or "username" in values or "client_id" in values:
                found.append((scheme, values))
        return found

    def _refused(self, response: EgressResponse, call: ToolCall, let_in: LetIn) -> Exception:
        secrets = [each for each in let_in.secrets if each]
        said = said_in(response, _SAID, secrets)
        failure = refused(response, label=self.label, said=said, let_in=bool(secrets))
        if isinstance(failure, ToolCredentialsRefused):
            for scheme, values in self._values(call):
                if scheme.kind == "oauth2":
                    self.tokens.forget(str(call.scope.workspace_id), scheme, values)
        return failure


def result_of(response: EgressResponse, operation: Operation, label: str) -> ToolResult:
    """The answer: JSON as a value, text as text, anything else as a file. Raises `ToolOutputInvalid`."""
    if not response.body:
        return ToolResult(text=f"Done (status {response.status}).")
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if is_json(media_type) or (not media_type and response.body.lstrip()[:1] in (b"{", b"[")):
        return _of_json(response, label)
    if media_type.startswith(_TEXTS) or media_type.endswith("+xml"):
        return ToolResult(text=body_text(response))
    return ToolResult(files=[received_file(response, operation.name)])


def _of_json(response: EgressResponse, label: str) -> ToolResult:
    try:
        value: Any = json.loads(body_text(response))
    except (ValueError, RecursionError):
        raise ToolOutputInvalid(f"{label} answered with something that is no JSON.") from None
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return ToolResult(text=said, json=[value])
