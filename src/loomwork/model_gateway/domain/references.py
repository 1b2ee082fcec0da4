"""A model as an app file writes it, and the model that answers for it here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as an app file writes it."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """`model` answers for `reference`; `notice` is a sentence for the user when it is not the one asked for.
    `provider` is then the id of the one that would answer if it were set up, None where that would not help. `vision`:
    whether it may be shown images; of a route that is not known before it is called.
    """

    reference: ModelReference
    model: str
    notice: str | None = None
    provider: str | None = None
    vision: bool = True
