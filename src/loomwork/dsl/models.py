"""Which models a document names, as it writes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.dsl.form import FormField
from loomwork.dsl.graph import ReadGraph
from loomwork.dsl.values import as_flag, as_list, as_mapping, as_text

MODEL_NODES = frozenset({"llm", "question-classifier", "parameter-extractor"})
_FILE_FIELDS = frozenset({"file", "file-list"})
_HANDED_IN = ["sys", "files"]


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as an app file names it: `langgenius/openai/openai` and `gpt-4o`. Its text joins both with a slash."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


@dataclass(frozen=True, slots=True)
class ImageReader:
    """A node that shows images to its model: its title, and the model as the file names it."""

    title: str
    reference: ModelReference


def model_references(graph: ReadGraph | None, model_config: Mapping[Any, Any]) -> tuple[ModelReference, ...]:
    """Every model the app calls, each once, in document order."""
    settings = [model_config.get("model"), *_in_nodes(graph)]
    return tuple(dict.fromkeys(filter(None, map(_reference, settings))))


def _in_nodes(graph: ReadGraph | None) -> Iterator[Any]:
    for node in graph.nodes if graph is not None else ():
        if node.spec.type in MODEL_NODES:
            yield node.spec.config.get("model")
        elif node.spec.type == "agent":
            yield _of_agent(node.spec.config)


def _of_agent(config: Mapping[Any, Any]) -> Mapping[str, Any]:
    """The model among an agent's parameters, which has its name under `model`."""
    model = as_mapping(as_mapping(as_mapping(config.get("agent_parameters")).get("model")).get("value"))
    return {"provider": model.get("provider"), "name": model.get("name") or model.get("model")}


def _reference(settings: Any) -> ModelReference | None:
    model = as_mapping(settings)
    reference = ModelReference(as_text(model.get("provider")), as_text(model.get("name")))
    return reference if reference.name else None


def image_readers(
    graph: ReadGraph | None, features: Mapping[str, Any], form: Sequence[FormField]
) -> tuple[ImageReader, ...]:
    """The nodes whose model is shown images, in document order. Exports leave the switch on where an app takes no file,
    so one that looks at what is handed in with a message counts only where something can be.
    """
    handed_in = _takes_images(features, form)
    found: list[ImageReader] = []
    for node in graph.nodes if graph is not None else ():
        vision, reference = as_mapping(node.spec.config.get("vision")), _reference(node.spec.config.get("model"))
        if node.spec.type not in MODEL_NODES or reference is None or not as_flag(vision.get("enabled")):
            continue
        selector = as_list(as_mapping(vision.get("configs")).get("variable_selector"))
        if handed_in or (selector and selector != _HANDED_IN):
            found.append(ImageReader(node.spec.title, reference))
    return tuple(found)


def _takes_images(features: Mapping[str, Any], form: Sequence[FormField]) -> bool:
    upload = as_mapping(features.get("file_upload"))
    if as_flag(upload.get("enabled")) or as_flag(as_mapping(upload.get("image")).get("enabled")):
        return True
    files = [field for field in form if field.type in _FILE_FIELDS]
    return any(not field.file_types or "image" in field.file_types for field in files)
