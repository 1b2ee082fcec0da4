"""Have a version stand in an environment: the one before has to have had it."""

from loomwork.apps.api import NotPublished
from loomwork.apps.domain import Environment, Promotion
from loomwork.apps.domain.environment import before
from loomwork.apps.ports import AppStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope


async def promote_version(
    scope: Scope, app_id: AppId, environment: Environment, number: int | None, *, apps: AppStore, clock: Clock
) -> Promotion:
    """Without a number, the version of the environment before. Raises `NotPublished` where there is none, `NotFound`
    for a number that the app does not have, `Conflict` for a version that the environment before never had.
    """
    standing = await apps.environments(scope, app_id)
    source = before(environment)
    if number is None:
        number = _standing_in(environment, {each: kept.number for each, kept in standing.items()})
    await apps.get_version(scope, app_id, number)
    if environment in standing and standing[environment].number == number:
        return standing[environment]
    if source is not None and not await apps.has_stood_in(scope, app_id, number, source):
        raise Conflict(
            f"Version {number} has not stood in '{source}' yet, and only from there a version gets to '{environment}'. "
            f"Promote it to '{source}' first.",
            environment=source,
        )
    promotion = Promotion(app_id, environment, number, clock.now(), scope.actor.id)
    await apps.promote(scope, [promotion])
    return promotion


def _standing_in(environment: Environment, numbers: dict[Environment, int]) -> int:
    source = before(environment)
    if source is None:
        raise NotPublished(f"Say which version is to stand in '{environment}'; nothing comes before it.")
    if source not in numbers:
        raise NotPublished(f"Nothing stands in '{source}' yet. Publish a version there, then promote it.")
    return numbers[source]
