"""The shapes of servers of MCP: what is said of one, and what it offers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.api.tool_api_shapes import Address, Word
from loomwork.interface.http.api.tool_shapes import EffectName, ToolCredentialFieldShape
from loomwork.interface.http.encoding import JsonValue
from loomwork.tools.api import McpGiven, McpInfo, McpOffer

AuthName = Literal["none", "bearer", "header", "oauth"]


class ToolServerChangeBody(RequestShape):
    """What is said of a server of MCP. What is left out stays as it was."""

    url: Address | None = Field(
        default=None, description="Of its endpoint for streamable HTTP.", examples=["https://mcp.example.org/mcp"]
    )
    auth: AuthName | None = Field(default=None, description="How it lets in; by `oauth`, somebody signs in.")
    header: str | None = Field(default=None, max_length=100, description="The header, for `auth` `header`.")
    values: dict[Word, Annotated[str, Field(max_length=8_192)]] = Field(
        default_factory=dict,
        description='What lets in, such as `{"token": "..."}`: kept sealed, and never shown again.',
    )
    effects: dict[Word, EffectName] | None = Field(
        default=None, description="What tools do to the world, by their names here; `write` where nothing is said."
    )
    seconds: float | None = Field(default=None, gt=0, le=600, description="How long a call may take.")

    def given(self, name: str | None = None) -> McpGiven:
        return McpGiven(self.url, name, self.auth, self.header, self.effects, self.seconds, self.values)


class ToolServerBody(ToolServerChangeBody):
    """A server of MCP to add. All that it offers is approved with it: look at it first (`preview`)."""

    name: str | None = Field(default=None, max_length=100, description="Without one, its host.")


class ApprovalBody(RequestShape):
    """Which offers are approved, as they were listed last."""

    tools: Annotated[list[Word], Field(max_length=500)] | None = Field(
        default=None, description="By their names here; all of them without any."
    )


class SignInBody(RequestShape):
    """Where a browser comes back to from signing in: a port of the machine that it is on."""

    redirect_url: str = Field(max_length=200, examples=["http://127.0.0.1:8765/callback"])


class SignInShape(Shape):
    url: str = Field(description="Where somebody signs in and agrees.")


class SignedInBody(RequestShape):
    """What the browser came back with."""

    answer: dict[Word, Annotated[str, Field(max_length=8_192)]] = Field(
        description="The parameters of the address that it came back to: `code`, `state` and all others.", max_length=20
    )


class ToolOfferShape(Shape):
    """A tool that a server offers. Only an `approved` one can be called."""

    name: str = Field(description="What it is called here.", examples=["search_issues"])
    server_name: str = Field(description="What the server calls it.")
    title: str
    description: str
    input_schema: JsonValue
    effect: EffectName
    standing: Literal["approved", "changed", "new"]
    claims: dict[str, JsonValue] = Field(description="What the server says of its effect: claims, no more.")

    @classmethod
    def of(cls, offer: McpOffer) -> "ToolOfferShape":
        return cls.model_validate(offer)


class ToolServerShape(Shape):
    """A server of MCP. Its approved tools are those of the toolset `id`."""

    id: str = Field(examples=["mcp.issues"])
    name: str = Field(examples=["issues"])
    label: str
    url: str
    auth: AuthName
    header: str
    seconds: float
    tools: list[ToolOfferShape]
    problems: list[str] = Field(description="Sentences about what of its offers cannot be used.")
    listed_at: datetime = Field(description="When it was asked for its offers.")
    fields: list[ToolCredentialFieldShape] = Field(description="What has to be known to be let in.")
    credentials_dropped: bool = Field(
        description="Whether what was stored to be let in had to go, as it would have gone to another address."
    )

    @classmethod
    def of(cls, server: McpInfo) -> "ToolServerShape":
        return cls(
            id=server.id,
            name=server.name,
            label=server.label,
            url=server.url,
            auth=server.auth,
            header=server.header,
            seconds=server.timeout,
            tools=[ToolOfferShape.of(each) for each in server.tools],
            problems=list(server.problems),
            listed_at=server.listed_at,
            fields=[ToolCredentialFieldShape.named(name, each) for name, each in server.credential_fields.items()],
            credentials_dropped=server.credentials_dropped,
        )
