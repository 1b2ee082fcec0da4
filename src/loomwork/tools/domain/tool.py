"""What a tool says of itself, and what belongs together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal["read", "write", "egress", "spend"]
"""What a call does to the world. `read` looks, and changes nothing; what it asks goes where the tool's maker said.
`egress` sends what its caller says where its caller says, and changes nothing that is known of. `write` changes
something. `spend` costs money for each call.
"""

OUTWARD: frozenset[Effect] = frozenset({"write", "egress", "spend"})
"""The effects that an app's policy may have approved by a person first."""

NOTHING_ASKED: Mapping[str, Any] = {"type": "object", "properties": {}}

DEFAULT_TIMEOUT = 30.0
LONGEST_TIMEOUT = 600.0
"""Seconds, all tries together."""

LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_TOOLSET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One field of what has to be known to be let in. A `secret` one is never shown, logged or put into an error."""

    label: str = ""
    help: str = ""
    required: bool = True
    secret: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCard:
    """What a tool says of itself. Both schemas are JSON Schema (2020-12); the input's is of an object, the output's is
    of what stands in `json`. A parameter that takes a file is `{"type": "object", "format": "file"}`, one that takes
    several an array of these; the tool is given `engine.variables.File`.

    `settings` are the parameters that whoever builds an app sets, and that no model is shown. `repeatable` says that
    a call may be made twice without harm, other than its effect has one think. `aliases` are further names of the tool
    within its toolset, and `parameter_aliases` what parameters are called in app files of other products. `timeout` in
    seconds, all tries together.
    """

    name: str
    description: str
    input_schema: Mapping[str, Any] = field(default_factory=lambda: NOTHING_ASKED)
    output_schema: Mapping[str, Any] | None = None
    effect: Effect = "write"
    label: str = ""
    repeatable: bool | None = None
    timeout: float = DEFAULT_TIMEOUT
    settings: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    parameter_aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_repeat(self) -> bool:
        """Whether a call that may have had its effect can be made again."""
        return self.effect == "read" if self.repeatable is None else self.repeatable

    @property
    def model_schema(self) -> Mapping[str, Any]:
        """The input schema as a model is shown it: without what the app's builder sets."""
        if not self.settings:
            return self.input_schema
        properties = self.input_schema.get("properties", {})
        shown = {name: each for name, each in properties.items() if name not in self.settings}
        required = [name for name in self.input_schema.get("required", ()) if name not in self.settings]
        return {**self.input_schema, "properties": shown, "required": required}


def is_tool_name(name: str) -> bool:
    """Whether a tool may be called so: what models can call a function, too."""
    return _NAME.fullmatch(name) is not None


def is_toolset_id(toolset_id: str, kind: str) -> bool:
    """Whether a source of this kind may have a toolset of this id: `<kind>.<anything>`, but for the catalog, whose ids
    have no dot. So no source can take another's name.
    """
    if _TOOLSET.fullmatch(toolset_id) is None:
        return False
    return "." not in toolset_id if kind == CATALOG else toolset_id.startswith(f"{kind}.") and toolset_id != f"{kind}."


CATALOG = "catalog"
"""The kind of the source whose toolsets are files."""


@dataclass(frozen=True, slots=True)
class ToolName:
    """How a tool is named everywhere: `toolset/tool`."""

    toolset: str
    tool: str

    def __str__(self) -> str:
        return f"{self.toolset}/{self.tool}"

    @classmethod
    def read(cls, text: str) -> "ToolName":
        """Split at the first slash; without one, `tool` is empty."""
        toolset, _, tool = text.strip().partition("/")
        return cls(toolset, tool)
