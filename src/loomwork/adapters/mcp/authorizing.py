"""Tokens for servers of MCP, kept as texts from one step of OAuth to the next."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from loomwork.kernel.clock import Clock
from loomwork.nodes.ports import Egress
from loomwork.tools.api import ToolCredentialsRefused, ToolRefused

SOON = 30.0
"""Seconds before its end from which on a token is not relied on."""


@dataclass(frozen=True, slots=True)
class OAuthAuthorizer:
    """Fits `tools.ports.McpAuthorizer`. Kept are `token`, `refresh` and `expires_at` (seconds since 1970), with the
    `authority` and the `client` that they are of (JSON); and `begun`, a sign-in that is not finished (JSON).
    """

    egress: Egress
    clock: Clock

    async def begin(
        self, url: str, label: str, redirect_url: str, kept: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        # Here and below, because few workspaces sign in anywhere.
        from loomwork.adapters.mcp.discovery import authority_of
        from loomwork.adapters.mcp.oauth import begun, registered
        from loomwork.adapters.mcp.server import McpServer

        authority = await authority_of(self.egress, McpServer(url, label))
        # Registered anew each time: the port that a browser comes back to is another one each time.
        client = await registered(self.egress, authority, redirect_url, label)
        began = begun(authority, client, redirect_url)
        # Beside what serves now: until somebody agrees, the token that is there is renewed where it was had.
        new = {"authority": asdict(authority), "client": asdict(client), "begun": asdict(began)}
        return began.url, {**kept, "begun": json.dumps(new)}

    async def finish(self, label: str, answer: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
        from loomwork.adapters.mcp.discovery import Authority
        from loomwork.adapters.mcp.oauth import Begun, OAuthClient, granted

        if "begun" not in kept:
            raise ToolRefused(f"Nobody is signing in to {label}; begin again.")
        begun = json.loads(kept["begun"])
        authority, client = Authority(**begun["authority"]), OAuthClient(**begun["client"])
        given = await granted(self.egress, authority, client, Begun(**begun["begun"]), answer, label)
        left = {name: json.dumps(begun[name]) for name in ("authority", "client")}
        return left | self._of_token(given.token, given.refresh, given.seconds)

    async def fresh(self, label: str, kept: Mapping[str, str]) -> dict[str, str] | None:
        from loomwork.adapters.mcp.discovery import Authority
        from loomwork.adapters.mcp.oauth import Granted, OAuthClient, refreshed

        if "token" not in kept:
            raise ToolCredentialsRefused(f"Nobody has signed in to {label} yet.")
        if not kept.get("expires_at") or self.clock.now().timestamp() < float(kept["expires_at"]) - SOON:
            return None
        if not kept.get("refresh"):
            raise ToolCredentialsRefused(f"The time of {label} is over for which somebody signed in; sign in again.")
        authority, client = Authority(**json.loads(kept["authority"])), OAuthClient(**json.loads(kept["client"]))
        old = Granted(kept["token"], kept["refresh"])
        new = await refreshed(self.egress, authority, client, old, label)
        return {**kept, **self._of_token(new.token, new.refresh, new.seconds)}

    def _of_token(self, token: str, refresh: str, seconds: float | None) -> dict[str, str]:
        ends = "" if seconds is None else str(self.clock.now().timestamp() + seconds)
        return {"token": token, "refresh": refresh, "expires_at": ends}
