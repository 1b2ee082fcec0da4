"""`plugin.yml`: what a plugin is, what it adds, and what it may have. A key that is not named here is refused, so that
a misspelt one is noticed, and a permission is never asked for by one.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from loomwork.tools.api import CredentialField, Effect

MOST_TOOLS = 100
MOST_HOSTS = 50
MOST_PATHS = 20
LONGEST_SCHEMA = 20_000

PluginId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,48}[a-z0-9]$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+!-]{0,49}$")]
Line = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$")]
Host = Annotated[str, StringConstraints(pattern=r"^(\*\.)?[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")]
FilePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00-\x1f]{0,500}$")]
_MODULE = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
Entry = Annotated[str, StringConstraints(pattern=rf"^{_MODULE}(\.{_MODULE}){{0,9}}:{_MODULE}$")]


class Said(BaseModel):
    """A part of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Permissions(Said):
    """What a plugin may have beside its own package; what it does not name it does not have.

    `network`: hosts that the server asks for it, `host`, `host:port`, or `*.host` for all below one; the ports are 80
    and 443 where none is named. `files`: files and folders of the server that it may read. `environment`: variables of
    the server's environment. `seconds`: how long a call may take. `memory`: megabytes, beyond an empty process.
    """

    network: Annotated[tuple[Host, ...], Field(max_length=MOST_HOSTS)] = ()
    files: Annotated[tuple[FilePath, ...], Field(max_length=MOST_PATHS)] = ()
    environment: Annotated[tuple[Variable, ...], Field(max_length=MOST_PATHS)] = ()
    seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    memory: Annotated[int, Field(ge=16, le=4096)] = 256

    @field_validator("files")
    @classmethod
    def _leads_nowhere_else(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        if any(step in ("..", ".") for path in files for step in path.split("/")):
            raise ValueError("a path has no step `..` or `.`")
        return files

    def is_within(self, other: "Permissions") -> bool:
        """Whether nothing is asked for here that `other` does not ask for."""
        lists = (
            (self.network, other.network),
            (self.files, other.files),
            (self.environment, other.environment),
        )
        return (
            all(set(mine) <= set(theirs) for mine, theirs in lists)
            and self.seconds <= other.seconds
            and self.memory <= other.memory
        )


class Credential(Said):
    """One field of what has to be known to be let in. A workspace stores it, sealed; calls are handed it."""

    label: Line = ""
    help: Line = ""
    required: bool = True
    secret: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> CredentialField:
        return CredentialField(self.label, self.help, self.required, self.secret, self.default, self.choices)


class PluginTool(Said):
    """A tool that the plugin adds. `entry` is the function, `module:name`; `input` and `output` are JSON Schemas, the
    first of an object. `seconds` may be less than what the plugin is permitted. `settings` are the parameters that
    builders of apps set, and no model is shown.
    """

    name: Name
    label: Line = ""
    description: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    entry: Entry
    effect: Effect = "write"
    repeatable: bool | None = None
    seconds: Annotated[float | None, Field(gt=0, le=600)] = None
    input: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    output: dict[str, Any] | None = None
    settings: tuple[str, ...] = ()

    @field_validator("input", "output")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None and len(repr(schema)) > LONGEST_SCHEMA:
            raise ValueError(f"a schema has at most {LONGEST_SCHEMA} characters")
        return schema

    @model_validator(mode="after")
    def _takes_an_object(self) -> "PluginTool":
        if self.input.get("type") != "object" or not isinstance(self.input.get("properties", {}), dict):
            raise ValueError("input is the JSON Schema of an object")
        required = self.input.get("required", [])
        if not isinstance(required, list) or not all(isinstance(each, str) for each in required):
            raise ValueError("required is a list of names")
        return self


class Manifest(Said):
    """`plugin.yml`. `id` names the plugin, and its tools are those of the toolset `plugin.<id>`."""

    id: PluginId
    version: Version
    label: Line = ""
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    permissions: Permissions = Permissions()
    credentials: Annotated[dict[Name, Credential], Field(max_length=20)] = Field(default_factory=dict)
    tools: Annotated[tuple[PluginTool, ...], Field(min_length=1, max_length=MOST_TOOLS)]

    @model_validator(mode="after")
    def _names_each_once(self) -> "Manifest":
        names = [tool.name for tool in self.tools]
        if len(names) != len(set(names)):
            raise ValueError("two tools have one name")
        return self

    @property
    def title(self) -> str:
        """What people are shown."""
        return self.label or self.id
