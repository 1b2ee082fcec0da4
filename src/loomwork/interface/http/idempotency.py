"""The same `Idempotency-Key` with the same body gives the same answer, and makes nothing twice."""

import hashlib
import json
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import Response

from loomwork.interface.http.bodies import Handler, StrictRequest, StrictRoute
from loomwork.interface.http.needs import Need, declared
from loomwork.interface.http.services import Services
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import IdempotencyConflict, IdempotencyStore, Identity, StoredAnswer

REPLAYED = {"Idempotency-Replayed": "true"}

MAX_KEY_LENGTH = 255


class Claim:
    """One use of an `Idempotency-Key`: whose, for which operation, with which request."""

    def __init__(self, store: IdempotencyStore, scope: Scope, operation: str, key: str, body: bytes) -> None:
        self._store = store
        self._scope = scope
        self.operation = operation
        self.key = key
        self._fingerprint = hashlib.sha256(body).hexdigest()

    @classmethod
    async def of(cls, request: Request, services: Services, identity: Identity) -> "Claim | None":
        """The claim that a request makes, or None where it carries no key."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return None
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            raise InvalidInput(
                f"`Idempotency-Key` must have 1 to {MAX_KEY_LENGTH} characters.", field="Idempotency-Key"
            )
        operation = f"{request.method} {request.url.path}"
        return cls(services.idempotency, identity.scope, operation, key, await request.body())

    @property
    def holder(self) -> tuple[str, str, str, str, str]:
        """Who made it for what; unique to this use."""
        actor = self._scope.actor
        return (self._scope.workspace_id, actor.kind, actor.id, self.operation, self.key)

    async def take(self) -> StoredAnswer | None:
        """The answer given the first time, or None where this is the first time."""
        return await self._store.claim(self._scope, self.operation, self.key, self._fingerprint)

    async def keep(self, status: int, body: bytes) -> None:
        await self._store.store(self._scope, self.operation, self.key, StoredAnswer(status, "application/json", body))

    async def give_back(self) -> None:
        await self._store.release(self._scope, self.operation, self.key)


class CreatingRoute(StrictRoute):
    """A POST that makes something, and makes it once per `Idempotency-Key`."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            request = StrictRequest.of(request)
            # First, because what was answered once is not for somebody who may not ask it any more.
            if isinstance(need := declared(self), Need):
                await need(request)
            claim = await Claim.of(request, request.app.state.services, request.state.identity)
            if claim is None:
                return await handle(request)
            stored = await claim.take()
            if stored is not None:
                return self.replay(request, claim, stored)
            return await self._make(handle, request, claim)

        return handle_once

    async def _make(self, handle: Handler, request: Request, claim: Claim) -> Response:
        try:
            response = await handle(request)
        except BaseException:
            await claim.give_back()
            raise
        await self.remember(request, claim, response)
        return response

    async def remember(self, _request: Request, claim: Claim, response: Response) -> None:
        """Keep an answer for the next request with the same key."""
        await claim.keep(response.status_code, bytes(response.body))

    def replay(self, _request: Request, _claim: Claim, stored: StoredAnswer) -> Response:
        """The answer once more."""
        return Response(stored.body, stored.status, REPLAYED, media_type=stored.content_type)


class FreshSecrets:
    """Answers that show a secret, for as long as this process lives and 256 newer ones have not come: long enough for
    a client that lost its answer to ask again, and never written to disk.
    """

    def __init__(self, room: int = 256) -> None:
        self._answers: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._room = room

    def put(self, claim: Claim, body: bytes) -> None:
        self._answers[claim.holder] = body
        if len(self._answers) > self._room:
            self._answers.popitem(last=False)

    def get(self, claim: Claim) -> bytes | None:
        return self._answers.get(claim.holder)


class SecretCreatingRoute(CreatingRoute):
    """A creating POST whose answer shows a secret, which must not be stored."""

    async def remember(self, request: Request, claim: Claim, response: Response) -> None:
        secrets: FreshSecrets = request.app.state.fresh_secrets
        secrets.put(claim, bytes(response.body))
        shown = json.loads(bytes(response.body))
        await claim.keep(response.status_code, json.dumps({"id": shown["id"]}).encode())

    def replay(self, request: Request, claim: Claim, stored: StoredAnswer) -> Response:
        secrets: FreshSecrets = request.app.state.fresh_secrets
        body = secrets.get(claim)
        if body is None:
            made = json.loads(stored.body)["id"]
            raise IdempotencyConflict(
                f"This request has made key {made} already, and a key's secret is shown only once. "
                "If it was lost, revoke that key and make another with a new `Idempotency-Key`.",
                key_id=made,
            )
        return Response(body, stored.status, REPLAYED, media_type=stored.content_type)
