"""What a model is asked, as the document declares it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from loomwork.nodes.config import NamedSelector, NodeConfig, Rows, Selector, Text
from loomwork.nodes.memory import MemoryConfig
from loomwork.nodes.model_call import ModelConfig
from loomwork.nodes.vision import VisionConfig

Role = Literal["system", "user", "assistant"]

_ROLES: Mapping[str, Role] = {"system": "system", "assistant": "assistant", "ai": "assistant", "model": "assistant"}


def _role(value: Any) -> Role:
    return _ROLES.get(str(value).lower(), "user")


def _schema(value: Any) -> dict[str, Any] | None:
    """A JSON schema, written as a map or as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) and value else None


class PromptConfig(NodeConfig):
    """One message. With `edition_type` jinja2 its text is `jinja2_text`."""

    role: Annotated[Role, BeforeValidator(_role)] = "user"
    text: Text = ""
    edition_type: Text = "basic"
    jinja2_text: Text = ""

    @property
    def is_jinja(self) -> bool:
        return self.edition_type == "jinja2"


class JinjaConfig(NodeConfig):
    jinja2_variables: Rows[NamedSelector] = ()


class ContextConfig(NodeConfig):
    enabled: bool = False
    variable_selector: Selector = ()


class StructuredOutput(NodeConfig):
    """Some exports switch it on without a schema, which means off; `is_unreadable` is a schema that is none."""

    json_schema: Annotated[dict[str, Any] | None, BeforeValidator(_schema)] = None
    is_unreadable: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read_schema(cls, data: Any) -> Any:
        written = data.get("schema") if isinstance(data, Mapping) else None
        return {"json_schema": written, "is_unreadable": bool(written) and _schema(written) is None}


class LlmConfig(NodeConfig):
    """`is_completion`: one prompt instead of a list of messages."""

    model: ModelConfig = ModelConfig()
    prompt_template: Rows[PromptConfig] = ()
    is_completion: bool = False
    prompt_config: JinjaConfig = JinjaConfig()
    memory: MemoryConfig | None = None
    context: ContextConfig = ContextConfig()
    vision: VisionConfig = VisionConfig()
    structured_output_enabled: bool = False
    structured_output: StructuredOutput = StructuredOutput()
    reasoning_format: Text = "tagged"

    @model_validator(mode="before")
    @classmethod
    def _read_older_forms(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        prompt = data.get("prompt_template")
        single = isinstance(prompt, str | Mapping)
        rows = [{"text": prompt} if isinstance(prompt, str) else prompt] if single else prompt
        switched_on = bool(data.get("structured_output_enabled") or data.get("structured_output_switch_on"))
        memory = data.get("memory") or None
        return {
            **data,
            "prompt_template": rows,
            "is_completion": single,
            "structured_output_enabled": switched_on,
            "memory": memory if isinstance(memory, Mapping) else None,
        }

    @property
    def schema_for_output(self) -> dict[str, Any] | None:
        return self.structured_output.json_schema if self.structured_output_enabled else None
