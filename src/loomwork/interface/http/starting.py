"""Starting a run once per `Idempotency-Key`, whatever the face."""

from collections.abc import Mapping

import orjson
from starlette.requests import Request

from loomwork.apps.api import Run, RunRequest
from loomwork.interface.http.encoding import to_json
from loomwork.interface.http.idempotency import REPLAYED, Claim
from loomwork.interface.http.services import Services
from loomwork.kernel.ids import RunId
from loomwork.tenancy.api import Identity


async def start_once(
    request: Request, services: Services, identity: Identity, wanted: RunRequest
) -> tuple[Run, Mapping[str, str]]:
    """Start a run, or find the one that the same `Idempotency-Key` has started; and the headers that say which."""
    claim = await Claim.of(request, services, identity)
    if claim is None:
        return await services.apps.start_run(identity.scope, wanted), {}
    stored = await claim.take()
    if stored is not None:
        run_id = RunId(orjson.loads(stored.body)["run_id"])
        return await services.apps.get_run(identity.scope, run_id), REPLAYED
    try:
        run = await services.apps.start_run(identity.scope, wanted)
    except BaseException:
        await claim.give_back()
        raise
    await claim.keep(200, to_json({"run_id": run.id}))
    return run, {}
