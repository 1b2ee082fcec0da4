"""The shapes of imported APIs: what is said of one, and what it is."""

from typing import Annotated, Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.api.tool_shapes import EffectName, ToolCredentialFieldShape
from loomwork.interface.http.encoding import JsonValue
from loomwork.tools.api import ApiImport, ApiInfo, AuthScheme

AuthKindName = Literal["none", "basic", "bearer", "header", "query", "cookie", "oauth2"]
Address = Annotated[str, Field(max_length=2_000)]
Word = Annotated[str, Field(max_length=200)]


class ApiAuthBody(RequestShape):
    """What lets requests in. What it needs to know is stored apart, as the credentials of the API's tools."""

    kind: AuthKindName
    name: str = Field(default="", max_length=100, description="Of the header, the parameter or the cookie.")
    prefix: str = Field(default="", max_length=50, description="What stands before the key in its header.")
    token_url: Address = Field(default="", description="Where OAuth2 gives out tokens for client credentials.")
    scopes: list[Word] = Field(default_factory=list, max_length=100)
    client: Literal["basic", "body"] = Field(default="basic", description="How OAuth2 is told who asks.")
    optional: bool = Field(default=False, description="It works without, too.")

    @property
    def scheme(self) -> AuthScheme:
        return AuthScheme(**self.model_dump(exclude={"scopes"}), scopes=tuple(self.scopes))


class ApiChangeBody(RequestShape):
    """What is said of an API. What is left out stays as it was, or is as the document has it."""

    document: str | None = Field(default=None, description="OpenAPI 3 or Swagger 2, as JSON or YAML.")
    url: Address | None = Field(default=None, description="Where the document is fetched, from the public web.")
    server: Address | None = Field(default=None, description="Where requests go; empty: as the document has it.")
    auth: Annotated[list[ApiAuthBody], Field(max_length=4)] | None = Field(
        default=None, description="What lets requests in, all together; none: nothing is needed."
    )
    fixed: dict[Word, JsonValue] | None = Field(
        default=None,
        description="Values that are always sent, and that no model is shown: by the name of an argument, or by "
        "`operation.argument`. No secrets: those are credentials.",
    )
    effects: dict[Word, EffectName] | None = Field(default=None, description="By the name of an operation.")
    only: Annotated[list[Word], Field(max_length=1_500)] | None = Field(
        default=None, description="The operations that are wanted: by name, by a tag, or by `/how/a/path/begins`."
    )
    seconds: float | None = Field(
        default=None, gt=0, le=600, description="How long a call may take, all tries together."
    )

    def given(self, name: str | None = None) -> ApiImport:
        return ApiImport(
            document=None if self.document is None else self.document.encode("utf-8", "replace"),
            url=self.url,
            name=name,
            server=self.server,
            auth=None if self.auth is None else [each.scheme for each in self.auth],
            fixed=self.fixed,
            effects=self.effects,
            only=self.only,
            timeout=self.seconds,
        )


class ApiBody(ApiChangeBody):
    """An API to import: by its document, or by where that is found."""

    name: str | None = Field(default=None, max_length=100, description="Without one, as its document is called.")


class ApiAuthShape(Shape):
    kind: AuthKindName
    name: str
    prefix: str
    label: str
    token_url: str
    scopes: list[str]
    client: Literal["basic", "body"]
    optional: bool


class ApiOperationShape(Shape):
    name: str = Field(description="Of the tool.", examples=["list_pets"])
    place: str = Field(examples=["GET /pets"])
    description: str
    effect: EffectName


class ApiShape(Shape):
    """An imported API. Its operations are the tools of the toolset `id`."""

    id: str = Field(examples=["api.petstore"])
    name: str = Field(examples=["petstore"])
    label: str
    description: str
    version: str
    format: str = Field(examples=["OpenAPI 3.1"])
    url: str = Field(description="Where the document was found; empty where it was given.")
    server: str | None = Field(description="Where requests go.")
    servers: list[str] = Field(description="Those that the document offers.")
    auth: list[ApiAuthShape]
    fixed: dict[str, JsonValue]
    effects: dict[str, EffectName]
    only: list[str]
    seconds: float = Field(description="How long a call may take, all tries together.")
    operations: list[ApiOperationShape]
    problems: list[str] = Field(description="Sentences about what of the document is not used.")
    fields: list[ToolCredentialFieldShape] = Field(description="What has to be known to be let in.")
    credentials_dropped: bool = Field(
        description="Whether what was stored to be let in had to go, as it would have gone to another address."
    )

    @classmethod
    def of(cls, api: ApiInfo) -> "ApiShape":
        return cls(
            id=api.id,
            name=api.name,
            label=api.label,
            description=api.description,
            version=api.version,
            format=api.format,
            url=api.url,
            server=api.server,
            servers=list(api.servers),
            auth=[ApiAuthShape.model_validate(each) for each in api.auth],
            fixed=dict(api.fixed),
            effects=dict(api.effects),
            only=list(api.only),
            seconds=api.timeout,
            operations=[ApiOperationShape.model_validate(each) for each in api.operations],
            problems=list(api.problems),
            fields=[ToolCredentialFieldShape.named(name, each) for name, each in api.credential_fields.items()],
            credentials_dropped=api.credentials_dropped,
        )
