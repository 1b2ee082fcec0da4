"""A tool that a model has to answer through, where its dialect holds only tools to a schema and not the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from loomwork.model_gateway.domain.chat import Tool
from loomwork.model_gateway.ports import Call

VALUE = "value"
"""The property that holds an answer which is no object itself; the schema of a tool is always that of an object."""


@dataclass(frozen=True, slots=True)
class AnswerTool:
    """`wrapped`: what comes through it is `{"value": <the answer>}`."""

    tool: Tool
    wrapped: bool

    @property
    def name(self) -> str:
        return self.tool.name

    def unwrapped(self, arguments: str) -> str:
        """The answer itself, as JSON text. What cannot be understood is left as it is, for others to judge."""
        try:
            value = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return arguments
        return orjson.dumps(value[VALUE]).decode() if isinstance(value, dict) and VALUE in value else arguments


def answer_tool(call: Call, schema: Mapping[str, Any]) -> AnswerTool:
    """The tool through which `call` is answered with JSON of the schema."""
    name = "answer"
    while any(tool.name == name for tool in call.tools):
        name += "_"
    wrapped = schema.get("type") != "object"
    parameters = schema if not wrapped else {"type": "object", "properties": {VALUE: schema}, "required": [VALUE]}
    return AnswerTool(Tool(name, "Give your answer by calling this tool.", parameters), wrapped)
