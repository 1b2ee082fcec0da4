"""What is read out of which text."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, model_validator

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text
from loomwork.nodes.memory import MemoryConfig
from loomwork.nodes.model_call import ModelConfig
from loomwork.nodes.vision import VisionConfig

KINDS: Mapping[str, str] = {
    "bool": "boolean",
    "checkbox": "boolean",
    "select": "string",
    "secret": "string",
    "text": "string",
    "integer": "number",
    "float": "number",
    "array": "array[string]",
    "array[any]": "array[string]",
    "array[bool]": "array[boolean]",
}
"""Names that types had before, and loose ones found in app files."""

KNOWN_KINDS = frozenset(
    {
        "string",
        "number",
        "boolean",
        "object",
        "array[string]",
        "array[number]",
        "array[object]",
        "array[boolean]",
    }
)


def _kind(value: Any) -> str:
    name = str(value or "string").strip().lower()
    return KINDS.get(name, name)


def _options(value: Any) -> tuple[str, ...]:
    return tuple(str(option) for option in value if option not in (None, "")) if isinstance(value, list) else ()


Kind: TypeAlias = Annotated[str, BeforeValidator(_kind)]
"""A wire type by its name of today."""


class Parameter(NodeConfig):
    """With `options`, the value is one of them."""

    name: Text = ""
    type: Kind = "string"
    description: Text = ""
    options: Annotated[tuple[str, ...], BeforeValidator(_options)] = ()
    required: bool = False


class ParameterExtractorConfig(NodeConfig):
    """`reasoning_mode` is not read: the answer is JSON under a schema, whichever way the file asks for it."""

    query: Selector = ()
    model: ModelConfig = ModelConfig()
    parameters: Rows[Parameter] = ()
    instruction: Text = ""
    memory: MemoryConfig | None = None
    vision: VisionConfig = VisionConfig()

    @model_validator(mode="before")
    @classmethod
    def _read_older_forms(cls, data: Any) -> Any:
        """Some files name the query as a classifier does."""
        if not isinstance(data, Mapping):
            return data
        memory = data.get("memory")
        return {
            **data,
            "query": data.get("query") or data.get("query_variable_selector"),
            "memory": memory if isinstance(memory, Mapping) and memory else None,
        }
