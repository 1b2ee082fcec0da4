"""Where versions of an app stand: each environment has one version at a time, and a version goes up step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from loomwork.kernel.ids import AppId

Environment = Literal["dev", "staging", "prod"]

ENVIRONMENTS: Sequence[Environment] = ("dev", "staging", "prod")
"""From where a version is tried to where visitors get it."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """A version was put into an environment. The newest one of an environment says what stands there."""

    app_id: AppId
    environment: Environment
    number: int
    promoted_at: datetime
    promoted_by: str


def up_to(environment: Environment) -> Sequence[Environment]:
    """The environment with all that come before it."""
    return ENVIRONMENTS[: ENVIRONMENTS.index(environment) + 1]


def before(environment: Environment) -> Environment | None:
    """Where a version has to have stood before it gets here; None for the first."""
    place = ENVIRONMENTS.index(environment)
    return ENVIRONMENTS[place - 1] if place else None
