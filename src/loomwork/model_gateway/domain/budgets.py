"""What budgets count, when their periods begin, and what to say when one is spent.

Inside, amounts are whole units: tokens, calls, or billionths of a unit of money, so that a database adds them up
exactly. A limit is rounded down to them, what is used is rounded up.
"""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.domain.errors import BudgetExceeded, Cause
from loomwork.model_gateway.domain.metering import EACH, Budget, BudgetState, Entry, Estimate, Measure, Period
from loomwork.model_gateway.domain.usage import Spender

MONEY_UNITS = 1_000_000_000
_WHOSE = {"workspace": "the workspace", "app": "this app", "key": "this key", "end_user": "this end user"}
_EACH = {"app": "each app", "key": "each key", "end_user": "each end user"}

OF_ALL = ""
"""Whose use a budget counts that is not for each: that of all who fall under it together."""

MOST_UNITS = 2**63 - 1
"""What a column of a database holds."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When the one period of a budget without periods began."""

LAPSES_AFTER = timedelta(hours=1)
"""How long a reservation counts that nobody settles: its process is dead by then."""

UNHEARD: frozenset[Cause] = frozenset(
    {"rate", "context_too_long", "policy", "credentials", "not_configured", "bad_request", "not_found"}
)
"""Failures with which a provider charges nothing: it did not begin."""


def begins(period: Period, at: datetime) -> datetime:
    """When the period began that this moment lies in."""
    at = at.astimezone(UTC)
    match period:
        case "hour":
            return at.replace(minute=0, second=0, microsecond=0)
        case "day":
            return at.replace(hour=0, minute=0, second=0, microsecond=0)
        case "month":
            return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        case "total":
            return EVER


def ends(period: Period, at: datetime) -> datetime | None:
    """When the next period begins; None where there is no next one."""
    begun = begins(period, at)
    match period:
        case "hour":
            return begun + timedelta(hours=1)
        case "day":
            return begun + timedelta(days=1)
        case "month":
            return (begun + timedelta(days=31)).replace(day=1)
        case "total":
            return None


def subjects_of(workspace_id: str, spender: Spender) -> dict[str, str]:
    """Whose budgets a call falls under: the id for each kind of subject."""
    named = {"workspace": workspace_id, "app": spender.app_id, "key": spender.key_id, "end_user": spender.end_user}
    return {kind: name for kind, name in named.items() if name is not None}


def whose(budget: Budget, workspace_id: str, spender: Spender) -> str | None:
    """Under whose name the budget counts a call; None where the call does not fall under it."""
    name = subjects_of(workspace_id, spender).get(budget.subject)
    if budget.subject_id == EACH and budget.subject != "workspace":
        return name
    return OF_ALL if name == budget.subject_id else None


def units(measure: Measure, amount: Decimal, *, up: bool = True) -> int:
    """An amount of the measure in whole units."""
    scaled = amount * MONEY_UNITS if measure == "money" else amount
    return min(int(scaled.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)), MOST_UNITS)


def amount(measure: Measure, count: int) -> Decimal:
    """So many units as an amount of the measure."""
    return Decimal(count) / MONEY_UNITS if measure == "money" else Decimal(count)


def needed(budget: Budget, estimate: Estimate, model: str) -> int:
    """Units to hold for a call. Raises `BudgetExceeded` where a budget in money cannot be kept because nobody knows
    what the model costs.
    """
    match budget.measure:
        case "calls":
            return 1
        case "tokens":
            return max(0, estimate.tokens)
        case "money":
            if estimate.money == 0:
                # Nothing is nothing in any currency.
                return 0
            if estimate.money is None or estimate.currency != budget.currency:
                raise _unpriced(budget, estimate, model)
            return units("money", estimate.money)


def used(budget: Budget, entry: Entry, held: int | None = None) -> int:
    """Units that a call counts for. `held` is what was reserved for it: it counts where nobody can say what was used,
    unless the call failed before there was anything to charge for. An answer from the cache costs nothing.
    """
    if entry.cached:
        return 0
    known = _known(budget, entry)
    if known is not None:
        return known
    return 0 if entry.failure in UNHEARD else held or 0


def check_limit(state: BudgetState, wanted: int, at: datetime) -> None:
    """Raises `BudgetExceeded` where there is no room for so many units."""
    measure = state.budget.measure
    if state.spent + state.reserved + amount(measure, wanted) > state.budget.limit:
        raise _exceeded(state, amount(measure, wanted), at)


def validate(budget: Budget, workspace_id: str) -> None:
    """Raises `InvalidInput` for a budget that cannot be kept."""
    if not budget.limit.is_finite() or budget.limit < 0:
        raise InvalidInput("A budget's limit is a number, 0 or more.", field="limit")
    most = amount(budget.measure, MOST_UNITS)
    if budget.limit > most:
        raise InvalidInput(f"A budget's limit can be {most:f} at most.", field="limit")
    if budget.measure != "money" and budget.limit != budget.limit.to_integral_value():
        raise InvalidInput(f"A budget of {budget.measure} has a whole number for its limit.", field="limit")
    if not (len(budget.currency) == 3 and budget.currency.isascii() and budget.currency.isupper()):
        raise InvalidInput("A currency is three capital letters, such as USD.", field="currency")
    if not budget.subject_id.strip():
        raise InvalidInput("A budget names whose it is: an app, a key, an end user, or the workspace.")
    if budget.subject == "workspace" and budget.subject_id != workspace_id:
        raise InvalidInput("A workspace sets budgets for itself only.", field="subject_id")


def _known(budget: Budget, entry: Entry) -> int | None:
    match budget.measure:
        case "calls":
            return 1
        case "tokens":
            return entry.usage.total_tokens
        case "money":
            known = entry.cost.amount == 0 or (entry.cost.amount is not None and entry.cost.currency == budget.currency)
            return units("money", entry.cost.amount or Decimal(0)) if known else None


def _exceeded(state: BudgetState, wanted: Decimal, at: datetime) -> BudgetExceeded:
    budget, anew = state.budget, ends(state.budget.period, at)
    held = f" ({_said(budget, state.reserved)} more is held by calls under way)" if state.reserved else ""
    when = f"It begins anew at {anew:%Y-%m-%d %H:%M} UTC." if anew else "It does not begin anew."
    return BudgetExceeded(
        f"The budget of {_named(budget)} has {_said(budget, state.left)} left{held}, and this call may use "
        f"{_said(budget, wanted)}. {when} Until then, raise the budget, or ask for a shorter answer.",
        budget_id=budget.id,
        left=_plain(state.left),
        needed=_plain(wanted),
        begins_anew=anew.isoformat() if anew else None,
    )


def _unpriced(budget: Budget, estimate: Estimate, model: str) -> BudgetExceeded:
    provider, _, name = model.partition("/")
    if estimate.money is None:
        fact = f"what {model} costs is not known"
    else:
        fact = f"{model} has a price in {estimate.currency} only"
    return BudgetExceeded(
        f"The budget of {_named(budget)} is in money, and {fact}, so it could not be kept. Give the model a price "
        f"in {budget.currency} in the data folder (catalog/providers/{provider}/models/, the file of {name}, `price`), "
        "use a model that has one, or set a budget in tokens or calls instead.",
        budget_id=budget.id,
        model=model,
    )


def _named(budget: Budget) -> str:
    named = (_EACH if budget.subject_id == EACH else _WHOSE)[budget.subject]
    period = "in all" if budget.period == "total" else f"a {budget.period}"
    return f"{_said(budget, budget.limit)} {period} for {named}"


def _said(budget: Budget, count: Decimal) -> str:
    return f"{_plain(count)} {budget.currency if budget.measure == 'money' else budget.measure}"


def _plain(count: Decimal) -> str:
    return f"{count.normalize():f}" if count else "0"
