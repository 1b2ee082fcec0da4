"""How much an agent may use, and what it decides next: pure."""

from dataclasses import dataclass
from typing import Literal

End = Literal["steps", "tokens", "seconds"]

SAID: dict[End, str] = {"steps": "the turns", "tokens": "the tokens", "seconds": "the time"}


@dataclass(frozen=True, slots=True)
class Budget:
    """`turns` are questions to the model with tools at hand; None is no limit."""

    turns: int
    tokens: int | None = None
    seconds: float | None = None

    def ended_by(self, *, turns: int, tokens: int, seconds: float) -> End | None:
        """What of it is used up, if anything is."""
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        if self.tokens is not None and tokens >= self.tokens:
            return "tokens"
        return "steps" if turns >= self.turns else None

    def left(self, seconds: float) -> float | None:
        """Seconds that remain after so many, at least one; None without a limit."""
        return None if self.seconds is None else max(1.0, self.seconds - seconds)


def last_words(end: End) -> str:
    """What a model is told when it may not go on."""
    return (
        f"You have used up {SAID[end]} that this task may take, so you cannot use tools any more. Give your final "
        "answer now from what you have found so far, and say that you had to stop early and what is missing."
    )
