"""All that may be sent into a run while it goes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the run: nodes in flight are cancelled, nothing new starts. `by` says who asked."""

    by: str


Command = Cancel
