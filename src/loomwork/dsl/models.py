"""Which models a document names, as it writes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.dsl.graph import ReadGraph
from loomwork.dsl.values import as_mapping, as_text

MODEL_NODES = frozenset({"llm", "question-classifier", "parameter-extractor"})


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as an app file names it: `langgenius/openai/openai` and `gpt-4o`. Its text joins both with a slash."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


def model_references(graph: ReadGraph | None, model_config: Mapping[Any, Any]) -> tuple[ModelReference, ...]:
    """Every model the app calls, each once, in document order."""
    settings = [model_config.get("model"), *_in_nodes(graph)]
    return tuple(dict.fromkeys(filter(None, map(_reference, settings))))


def _in_nodes(graph: ReadGraph | None) -> Iterator[Any]:
    for node in graph.nodes if graph is not None else ():
        if node.spec.type in MODEL_NODES:
            yield node.spec.config.get("model")


def _reference(settings: Any) -> ModelReference | None:
    model = as_mapping(settings)
    reference = ModelReference(as_text(model.get("provider")), as_text(model.get("name")))
    return reference if reference.name else None
