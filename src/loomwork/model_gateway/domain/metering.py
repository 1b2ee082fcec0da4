"""What was used, by whom, at what price; and how much may be."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from loomwork.model_gateway.domain.errors import Cause
from loomwork.model_gateway.domain.provider import ModelType
from loomwork.model_gateway.domain.usage import Cost, Spender, Usage

Subject = Literal["workspace", "app", "key", "end_user"]
Period = Literal["hour", "day", "month", "total"]
Measure = Literal["tokens", "money", "calls"]

EACH = "*"
"""As the id of a budget's subject: each of them, counted apart."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of one model, as the ledger keeps it. `model` is who answered, `asked` what was asked for. A call that
    failed has the `failure` and what it had used by then. What the provider does not say, or cannot since the answer
    was left before its end, is counted here (`domain.counting`). `elapsed` and `first_piece` in seconds.
    """

    id: str
    at: datetime
    type: ModelType
    model: str
    asked: str
    usage: Usage
    cost: Cost
    spender: Spender
    elapsed: float
    first_piece: float | None = None
    attempts: int = 1
    cached: bool = False
    failure: Cause | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """A hard stop: what a subject may use in a period. `limit` in tokens, money of `currency`, or calls.

    `subject_id` is the id of the app or the key, or what apps call the end user, or `EACH` for each of them; for the
    workspace it is its own. Periods begin at UTC boundaries.
    """

    id: str
    subject: Subject
    subject_id: str
    measure: Measure
    period: Period
    limit: Decimal
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """`reserved` is held by calls that are under way. Of a budget for each, both are those of who has used most."""

    budget: Budget
    spent: Decimal
    reserved: Decimal

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.budget.limit - self.spent - self.reserved)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a call may use, as far as can be said before it. `money` None: its price is not known."""

    tokens: int
    money: Decimal | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Total:
    """Entries added up. `group` is what they were grouped by (a model, an app, a day, ...). `unpriced` counts the calls
    whose price is not known: `cost` leaves them out.
    """

    group: str
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: Cost
    unpriced: int
