"""What is kept of an imported API: its operations, as tools need them, and what lets one in.

Made from an OpenAPI document once, when it is imported: nothing here refers to another part of it any more.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from loomwork.tools.domain.tool import DEFAULT_TIMEOUT, Effect

Place = Literal["path", "query", "header", "cookie"]
Style = Literal["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"]
BodyKind = Literal["json", "form", "multipart", "raw"]
AuthKind = Literal["none", "basic", "bearer", "header", "query", "cookie", "oauth2"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

LOOKING: frozenset[Method] = frozenset({"GET", "HEAD"})
"""Methods that change nothing, as HTTP has it."""


class Kept(BaseModel):
    """A part of what is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slot(Kept):
    """One value of a request. `name` is the argument's, `wire` what the API calls it. Where `fixed` holds, `value` is
    always sent, and nobody is asked for it.
    """

    name: str
    wire: str
    json_schema: dict[str, Any] = Field(default_factory=dict)
    required: bool = False
    style: Style = "form"
    explode: bool = True
    media_type: str | None = None
    """How the value is written where it is not by its style."""
    fixed: bool = False
    value: Any = None


class Parameter(Slot):
    """A value beside the body. `reserved`: its reserved characters stay as they are."""

    place: Place
    reserved: bool = False


class Body(Kept):
    """What a request carries: `slots`, each an argument of its own, or where there are none, one argument `whole`."""

    media_type: str
    kind: BodyKind
    required: bool = False
    slots: tuple[Slot, ...] = ()
    whole: Slot | None = None


class Operation(Kept):
    """One request of the API. `server` is its own, where it is not that of all; `open`: it wants no credentials."""

    name: str
    method: Method
    path: str
    label: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    accept: str = ""
    output_schema: dict[str, Any] | None = None
    server: str | None = None
    open: bool = False

    @property
    def place(self) -> str:
        """How the document calls it: `GET /pets/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Everything that is sent."""
        if self.body is None:
            return self.parameters
        whole = () if self.body.whole is None else (self.body.whole,)
        return (*self.parameters, *self.body.slots, *whole)


class AuthScheme(Kept):
    """One thing that lets a request in. `name` is that of the header, the parameter or the cookie; `prefix` stands
    before the value. `optional`: it works without. `client` is how OAuth2 is told who asks.
    """

    kind: AuthKind
    name: str = ""
    prefix: str = ""
    label: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    client: Literal["basic", "body"] = "basic"
    optional: bool = False


class ApiDefinition(Kept):
    """An API as its document has it. `servers` are addresses, the first one counts; `problems` are sentences about what
    of the document is not used.
    """

    label: str
    description: str = ""
    version: str = ""
    format: str
    servers: tuple[str, ...] = ()
    auth: tuple[AuthScheme, ...] = ()
    operations: tuple[Operation, ...] = ()
    problems: tuple[str, ...] = ()


class ApiSettings(Kept):
    """What whoever imports an API says of it, beside its document. None: as the document has it.

    `fixed` are values that are always sent and that no model is shown, by the name of an argument, or by
    `operation.argument` for one operation. `effects` are by the operation's name. `only` names the operations that are
    wanted.
    """

    server: str | None = None
    auth: tuple[AuthScheme, ...] | None = None
    fixed: dict[str, Any] = Field(default_factory=dict)
    effects: dict[str, Effect] = Field(default_factory=dict)
    only: tuple[str, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
