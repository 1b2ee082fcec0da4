"""Sends its request through the gate, and leaves what came back."""

from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.nodes.http_request.answers import outputs_of
from loomwork.nodes.http_request.asking import BoundRequest
from loomwork.nodes.http_request.config import HttpRequestConfig
from loomwork.nodes.ports import Egress, EgressFailed, EgressRefused, EgressTooLarge, FileBytes


class HttpRequestNode:
    """Outputs `status_code`, `body` (empty where the answer is a file), `headers` and `files`."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, request: BoundRequest, egress: Egress, *, fails_on_status: bool) -> None:
        self.inputs = request.inputs
        self._request = request
        self._egress = egress
        self._fails_on_status = fails_on_status

    async def run(self, context: NodeContext) -> NodeResult:
        request = await self._request.made(context)
        try:
            response = await self._egress.fetch(request, self._request.limits)
        except (EgressRefused, EgressFailed) as error:
            retryable = isinstance(error, EgressFailed) and not isinstance(error, EgressTooLarge)
            raise NodeError(error.message, code=error.code, retryable=retryable) from error
        if self._fails_on_status and not 200 <= response.status < 300:
            message = f"The request failed with status code {response.status}."
            raise NodeError(message, code="http_status", status_code=response.status)
        return NodeResult(outputs_of(response))


class HttpRequestType:
    """`http-request`."""

    is_root = False

    def __init__(self, egress: Egress, files: FileBytes) -> None:
        self._egress = egress
        self._files = files

    def compile(self, spec: NodeSpec, binder: Binder) -> HttpRequestNode:
        config = HttpRequestConfig.model_validate(spec.config)
        if not config.url.strip():
            binder.problem("warning", "no_url", "The node has no URL to ask.", field_name="url")
        request = BoundRequest(config, binder, self._files)
        return HttpRequestNode(request, self._egress, fails_on_status=config.fails_on_status)
