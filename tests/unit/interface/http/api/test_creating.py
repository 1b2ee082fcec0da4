"""Whatever makes something over `/api/v1` makes it once per `Idempotency-Key`."""

from types import SimpleNamespace
from typing import Any, cast

from loomwork.interface.http.api.app import create_api_app
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import api_routes
from loomwork.interface.http.services import HttpOptions, Services

MAKES_NOTHING = {
    *("/check", "/models/{model:path}/test", "/invitations/read"),
    # Asks a provider how it is, and leaves nothing behind.
    "/single-sign-on/{provider}/test",
    # Once is as good as twice, or the second time is refused.
    *("/runs/{run_id}/stop", "/runs/{run_id}/pause", "/runs/{run_id}/resume", "/models/local/fetch"),
    *("/workspace/transfer", "/workspace/leave", "/session/sign-out"),
    # Held back by `If-Match` instead.
    "/apps/{app_id}/versions/{number}/restore",
    # What they spend can be spent once, or they are a person's own, or a session that begins.
    *("/sign-in", "/password/reset", "/invitations/accept", "/members/{member_id}/password-link"),
    *("/people/me/second-factor", "/people/me/second-factor/confirm", "/people/me/second-factor/remove"),
    # Says where to go to link an identity; who comes back from there makes it, once.
    "/people/me/identities",
}
"""POSTs that take no `Idempotency-Key`."""


def routes() -> list[Any]:
    nobody = cast(Services, SimpleNamespace(gatekeeper=None, limits=None, people=None, alone=None))
    return api_routes(create_api_app(nobody, HttpOptions()).routes)


def test_every_post_that_makes_something_takes_an_idempotency_key() -> None:
    posts = [each for each in routes() if "POST" in (each.methods or ())]
    without = {each.path for each in posts if not isinstance(each.original_route, CreatingRoute)}
    assert without - MAKES_NOTHING == set(), "does it make something? Then it is a `CreatingRoute`"
    assert not [each.path for each in posts if each.original_route.status_code == 201 and each.path in without]
