"""The shapes of tools: what there is to call, and what a call leaves."""

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.encoding import JsonValue
from loomwork.tools.api import CredentialField, CredentialInfo, ToolInfo, ToolResult, ToolsetInfo

EffectName = Literal["read", "write", "egress", "spend"]
MarkName = Literal["user", "retrieved", "tool", "web"]


class ToolShape(Shape):
    """A tool. `model_schema` is what of its input a model is shown."""

    name: str = Field(description="`toolset/tool`.", examples=["time/current_time"])
    label: str
    description: str
    effect: EffectName = Field(description="What a call does to the world.", examples=["read"])
    repeatable: bool = Field(description="Whether a call may be made twice without harm.")
    timeout: float = Field(description="Seconds, all tries together.", examples=[30])
    enabled: bool
    input_schema: JsonValue
    model_schema: JsonValue
    output_schema: JsonValue = None

    @classmethod
    def of(cls, tool: ToolInfo) -> "ToolShape":
        return cls.model_validate(tool)


class ToolCredentialFieldShape(Shape):
    name: str = Field(examples=["api_key"])
    label: str
    help: str
    required: bool
    secret: bool
    default: str | None
    choices: list[str]

    @classmethod
    def named(cls, name: str, field: CredentialField) -> "ToolCredentialFieldShape":
        return cls(
            name=name,
            label=field.label or name,
            help=field.help,
            required=field.required,
            secret=field.secret,
            default=field.default,
            choices=list(field.choices),
        )


class ToolCredentialShape(Shape):
    """A stored credential. What it holds is never shown; `hint` is the end of its secret."""

    id: str
    name: str
    hint: str = Field(examples=["x7Qa"])
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, credential: CredentialInfo) -> "ToolCredentialShape":
        return cls.model_validate(credential)


class ToolsetShape(Shape):
    """Tools that belong together and share their credentials."""

    id: str = Field(examples=["time"])
    source: str = Field(description="The kind of place that it comes from.", examples=["catalog"])
    label: str
    description: str
    enabled: bool
    configured: bool = Field(description="Whether no credentials are needed, or they are stored.")
    tools: list[ToolShape]
    fields: list[ToolCredentialFieldShape] = Field(description="What has to be known to be let in.")
    credentials: list[ToolCredentialShape]
    problems: list[str] = Field(description="Sentences about what of it cannot be used.")
    links: dict[str, str] = Field(description="Pages for people: `site`, `keys`, `docs`.")

    @classmethod
    def of(cls, toolset: ToolsetInfo) -> "ToolsetShape":
        fields = toolset.credential_fields.items()
        return cls(
            id=toolset.id,
            source=toolset.source,
            label=toolset.label,
            description=toolset.description,
            enabled=toolset.enabled,
            configured=toolset.configured,
            tools=[ToolShape.of(tool) for tool in toolset.tools],
            fields=[ToolCredentialFieldShape.named(name, each) for name, each in fields],
            credentials=[ToolCredentialShape.of(credential) for credential in toolset.credentials],
            problems=list(toolset.problems),
            links=dict(toolset.links),
        )


class SwitchBody(RequestShape):
    enabled: bool


class NewToolCredentialBody(RequestShape):
    """A credential; it takes the place of the one of its name."""

    name: str = Field(default="default", max_length=100)
    values: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=20_000)]] = Field(
        description="By the names of the toolset's fields.", examples=[{"api_key": "tvly-..."}]
    )


class ToolCallBody(RequestShape):
    arguments: dict[str, JsonValue] = Field(default_factory=dict, examples=[{"timezone": "Europe/Paris"}])
    credential: str | None = Field(default=None, max_length=100, description="The id or name of a stored one.")
    seconds: float | None = Field(default=None, gt=0, le=600, description="How long to wait, if not as the tool says.")


class ToolLinkShape(Shape):
    url: str
    title: str


class ToolResultShape(Shape):
    """What a call left. Where it was too much to hand on, `cut` holds and `output_id` names the full copy."""

    text: str
    values: list[JsonValue] = Field(serialization_alias="json")
    files: list[JsonValue] = Field(description="Each with its bytes in its `url`, or the address of them.")
    links: list[ToolLinkShape]
    variables: dict[str, JsonValue]
    marks: list[MarkName] = Field(description="Whose words these are.", examples=[["tool", "web"]])
    cut: bool
    output_id: str | None

    @classmethod
    def of(cls, result: ToolResult) -> "ToolResultShape":
        return cls(
            text=result.text,
            values=list(result.json),
            files=[file.wire() for file in result.files],
            links=[ToolLinkShape.model_validate(link) for link in result.links],
            variables=dict(result.variables),
            marks=sorted(result.marks),
            cut=result.cut,
            output_id=result.full,
        )


class ToolOutputShape(Shape):
    """All that a call has said, its files apart."""

    text: str
    values: list[JsonValue] = Field(serialization_alias="json")
    links: list[ToolLinkShape]
    variables: dict[str, JsonValue]

    @classmethod
    def of(cls, output: bytes) -> "ToolOutputShape":
        said = json.loads(output)
        links = [ToolLinkShape(**link) for link in said["links"]]
        return cls(text=said["text"], values=said["json"], links=links, variables=said["variables"])
