"""What `tool.yml` may say. A key that is not named here is refused, so that a misspelt one is noticed.

A text of a request may hold `{name}` of a parameter, and `{credentials.name}`. A text that is one of these and nothing
else stands for the value itself, with its type, and goes away with what is around it where there is no such value.
Expressions are JMESPath, over the answer as JSON.
"""

from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

import jmespath
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from loomwork.tools.domain.tool import LONGEST_TIMEOUT, Effect

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,127}$")]
Entry = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}:[a-z][a-z0-9_]{0,63}$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=500)]
Template = Annotated[str, StringConstraints(max_length=20_000)]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Kind = Literal["string", "integer", "number", "boolean", "array", "object"]


def _is_expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except jmespath.exceptions.JMESPathError:
        raise ValueError(f"{text!r} is no JMESPath expression") from None
    return text


Expression = Annotated[str, AfterValidator(_is_expression)]


class Card(BaseModel):
    """A file of the catalog, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(Card):
    """One thing that a tool takes: a JSON Schema of it, and who sets it. `builder` is whoever builds an app: no model
    is shown it. `separator`: a text for a list is one, written with this between its items. `aliases` are its names in
    app files of other products.
    """

    type: Kind | tuple[Kind, ...]
    description: str = ""
    label: str = ""
    required: bool = False
    default: Any = None
    enum: tuple[Any, ...] = ()
    items: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    format: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    set_by: Literal["model", "builder"] = "model"
    separator: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def schema_of(self) -> dict[str, Any]:
        """The JSON Schema."""
        kind: Any = self.type if isinstance(self.type, str) else list(self.type)
        said = {"type": kind, "title": self.label, "description": self.description, "default": self.default}
        said |= {"items": self.items, "properties": self.properties, "format": self.format}
        said |= {"minimum": self.minimum, "maximum": self.maximum, "x-separator": self.separator}
        schema = {name: value for name, value in said.items() if value not in (None, "")}
        return schema | {"enum": list(self.enum)} if self.enum else schema


class Credential(Card):
    """One field of what has to be known to be let in. `env` names a variable of the server's environment that serves
    all workspaces which have stored none.
    """

    label: str = ""
    help: str = ""
    env: EnvironmentName | None = None
    required: bool = True
    secret: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()


class Auth(Card):
    """Something that every request carries to be let in: `name: value`. It is left out where the workspace has no
    value for it. `basic:` before a value has what follows (`user:password`) written as RFC 7617 has it.
    """

    place: Literal["header", "query", "json"] = "header"
    name: str = "Authorization"
    value: Template


class Pages(Card):
    """How to go on where an answer is one page of several. `next` finds, in a page, what the query's `into` is for the
    next one; none ends it. `items` names the list that all pages fill (the page itself, where it is empty), and `most`
    is how many pages are asked for.
    """

    next: Expression
    into: str
    items: str = ""
    most: Annotated[int, Field(ge=1, le=20)] = 3


class Request(Card):
    """What is sent. One of `json`, `form` and `text` is its body. A header that would say `false` is left out."""

    method: Method = "GET"
    url: Template
    query: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, Template] = Field(default_factory=dict)
    json_body: Any = Field(default=None, alias="json")
    form: dict[str, Any] | None = None
    text: Template | None = None
    pages: Pages | None = None

    @model_validator(mode="after")
    def _has_one_body(self) -> "Request":
        if sum(each is not None for each in (self.json_body, self.form, self.text)) > 1:
            raise ValueError("a request has one body: json, form or text")
        return self


class Answer(Card):
    """What becomes of the answer. `json` picks the values, all of it where it says nothing; `text` picks a text or
    several; or `each` picks a list, every item of which is written by `line`, with its fields in braces. `links` picks
    objects with `url` and `title`; `fail_if` picks a sentence where an answer that looks well is a failure, and
    `error` one out of an answer that does not.
    """

    format: Literal["json", "text", "page", "file"] = "json"
    """`page`: HTML, left as Markdown. `file`: the bytes, under the name that the server gives them, else `name`."""
    json_picked: Expression | None = Field(default=None, alias="json")
    text: Expression | None = None
    each: Expression | None = None
    line: Template = ""
    links: Expression | None = None
    variables: dict[str, Expression] = Field(default_factory=dict)
    files: Expression | None = None
    """Picks base64 of files."""
    limit: str | None = None
    """A parameter that says how many of `each`, of `links` and of a list in `json` are handed on."""
    name: str = "file"
    error: Expression | None = None
    fail_if: Expression | None = None
    web: bool = True
    """Whether the words in it are those of strangers."""


class ToolFileCard(Card):
    """One tool: a request with what becomes of its answer, or a function in Python."""

    name: Identifier
    label: str = ""
    description: str
    effect: Effect
    repeatable: bool | None = None
    timeout: Annotated[float, Field(gt=0, le=LONGEST_TIMEOUT)] = 30.0
    aliases: tuple[str, ...] = ()
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    output: dict[str, Any] | None = None
    entry: Entry | None = None
    request: Request | None = None
    answer: Answer = Answer()

    @model_validator(mode="after")
    def _does_one_thing(self) -> "ToolFileCard":
        if (self.entry is None) is (self.request is None):
            raise ValueError("a tool is either a request or an entry")
        return self

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        properties = {name: each.schema_of for name, each in self.parameters.items()}
        required = [name for name, each in self.parameters.items() if each.required]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


class Links(Card):
    """Pages for people."""

    site: WebAddress | None = None
    keys: WebAddress | None = None
    docs: WebAddress | None = None


class Source(Card):
    """Where what the file says was read."""

    url: WebAddress | None = None
    name: str | None = None
    read: date


class ToolsetCard(Card):
    """`tool.yml`. `tried`: somebody has really called this with these files. `aliases` are ids of other products; a
    single word stands for `langgenius/word/word` as well.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    label: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    credentials: dict[Identifier, Credential] = Field(default_factory=dict)
    auth: tuple[Auth, ...] = ()
    links: Links = Links()
    sources: tuple[Source, ...] = ()
    tried: bool = False
    tools: Annotated[tuple[ToolFileCard, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_each_once(self) -> "ToolsetCard":
        names = [name for tool in self.tools for name in (tool.name, *tool.aliases)]
        if len(names) != len(set(names)):
            raise ValueError("two tools have one name")
        return self
