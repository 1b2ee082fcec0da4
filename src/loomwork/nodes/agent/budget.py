"""How much an agent may use, and what it decides next: pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

End = Literal["steps", "tokens", "money", "seconds"]

SAID: dict[End, str] = {"steps": "the turns", "tokens": "the tokens", "money": "the money", "seconds": "the time"}


@dataclass(frozen=True, slots=True)
class Budget:
    """`turns` are questions to the model with tools at hand; `money` is an amount in one currency. None is no limit."""

    turns: int
    tokens: int | None = None
    seconds: float | None = None
    money: Decimal | None = None
    currency: str = "USD"

    def ended_by(self, *, turns: int, tokens: int, spent: "Spent", seconds: float) -> End | None:
        """What of it is used up, if anything is."""
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        if self.tokens is not None and tokens >= self.tokens:
            return "tokens"
        if self.money is not None and (spent.in_currency(self.currency) is None or spent.amount >= self.money):
            return "money"
        return "steps" if turns >= self.turns else None

    def left(self, seconds: float) -> float | None:
        """Seconds that remain after so many, at least one; None without a limit."""
        return None if self.seconds is None else max(1.0, self.seconds - seconds)


@dataclass(frozen=True, slots=True)
class Spent:
    """Money that was spent: what is known of it, in which currency (None while it is nothing), and whether that is all
    of it.
    """

    amount: Decimal = Decimal(0)
    currency: str | None = None
    is_known: bool = True

    def plus(self, amount: Decimal | None, currency: str) -> "Spent":
        """With one more call; of amounts in several currencies the sum is not known."""
        if amount is None:
            return Spent(self.amount, self.currency, is_known=False)
        if not amount:
            return self
        same = self.currency in (None, currency)
        return Spent(self.amount + amount if same else self.amount, self.currency or currency, self.is_known and same)

    def in_currency(self, currency: str) -> Decimal | None:
        """The amount; None where it is not known in that currency, so that no limit in it could be kept."""
        return self.amount if self.is_known and self.currency in (None, currency) else None


def last_words(end: End) -> str:
    """What a model is told when it may not go on."""
    return (
        f"You have used up {SAID[end]} that this task may take, so you cannot use tools any more. Give your final "
        "answer now from what you have found so far, and say that you had to stop early and what is missing."
    )
