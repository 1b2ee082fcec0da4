"""How far the runs of a workspace go in one go, by what it uses and who else is there."""

from loomwork.adapters.fairness.shares import Shares
from loomwork.kernel.scope import Scope

ALONE = 64
"""Steps in one go where nobody is kept waiting by them. Some hundred microseconds to two milliseconds."""

IN_COMPANY = 16
"""The same where somebody may come any moment who has used less: nothing breaks off what is underway then."""


class FairSteps:
    """Fits `apps.ports.StepsAtOnce`."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares

    def __call__(self, scope: Scope) -> int:
        whose = scope.workspace_id
        return IN_COMPANY if self._shares.uses_much(whose) and self._shares.has_company(whose) else ALONE
