"""The use cases of entering, joined to the one object that the faces hold."""

import secrets

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, KeyId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.remembering import Remembering
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import NO_TERMS, ApiKey, Identity, KeyFilter, KeyKind, KeyTerms, NewKey, Profile
from loomwork.tenancy.application.create_key import create_key
from loomwork.tenancy.application.create_sign_in_token import create_sign_in_token
from loomwork.tenancy.application.identify import identify_by_key, identify_by_session
from loomwork.tenancy.application.show_profile import show_profile
from loomwork.tenancy.application.sign_in import sign_in
from loomwork.tenancy.domain import digest
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import GatekeeperStore

REMEMBERED_SECONDS = 3.0
"""How long a key is known without asking the store, so how long one lives on that another process has revoked."""


class StoredGatekeeper:
    """Fits `tenancy.api.Gatekeeper`. A key that is revoked here opens nothing from then on."""

    def __init__(self, store: GatekeeperStore, clock: Clock, *, draw: Draw = secrets.token_bytes) -> None:
        self._store = store
        self._clock = clock
        self._draw = draw
        self._known: Remembering[Identity | None] = Remembering(clock, REMEMBERED_SECONDS)

    async def by_key(self, secret: str) -> Identity | None:
        # By its hash: a key is kept nowhere, not even here.
        return await self._known.get(
            digest(secret), lambda: identify_by_key(secret, store=self._store, clock=self._clock)
        )

    async def by_session(self, token: str, workspace: str | None = None) -> Identity | None:
        return await identify_by_session(token, workspace, store=self._store, clock=self._clock)

    async def create_key(
        self, scope: Scope, kind: KeyKind, subject_id: AppId | str | None = None, *, terms: KeyTerms = NO_TERMS
    ) -> NewKey:
        return await create_key(scope, kind, subject_id, terms, store=self._store, clock=self._clock, draw=self._draw)

    async def get_key(self, scope: Scope, key_id: KeyId) -> ApiKey:
        return await self._store.get_key(scope, key_id)

    def forget(self) -> None:
        """What keys may do has changed: ask the store anew."""
        self._known.forget()

    async def list_keys(self, scope: Scope, wanted: KeyFilter, page: PageRequest) -> Page[ApiKey]:
        return await self._store.list_keys(scope, wanted, page, now=self._clock.now())

    async def revoke_key(self, scope: Scope, key_id: KeyId) -> None:
        await self._known.written(self._store.revoke_key(scope, key_id, at=self._clock.now()))

    async def create_sign_in_token(self, scope: Scope) -> str:
        return await create_sign_in_token(scope, store=self._store, clock=self._clock, draw=self._draw)

    async def sign_in(self, token: str) -> str:
        return await sign_in(token, store=self._store, clock=self._clock, draw=self._draw)

    async def sign_out(self, session_token: str) -> None:
        await self._store.end_session(digest(session_token), at=self._clock.now())

    async def profile(self, scope: Scope) -> Profile:
        return await show_profile(scope, store=self._store)
