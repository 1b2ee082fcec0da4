"""How models are named: `provider/model`, split at the first slash, so that a model's own name may hold slashes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model of this installation. `provider` never holds a slash; `name` may."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


def parse_model_name(text: str) -> ModelName | None:
    """`provider/model`, or None where either half is missing."""
    provider, slash, name = text.strip().partition("/")
    if not (provider and slash and name):
        return None
    return ModelName(provider, name)
