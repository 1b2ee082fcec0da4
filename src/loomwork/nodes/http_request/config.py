"""A request as app files write it, in all the forms that the editor has had."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, model_validator

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text

BodyType: TypeAlias = Literal["none", "form-data", "x-www-form-urlencoded", "raw-text", "json", "binary"]
_BODY_TYPES: frozenset[str] = frozenset(get_args(BodyType))


def _body_type(value: Any) -> str:
    name = str(value or "none").strip().lower()
    return name if name in _BODY_TYPES else "raw-text"


def _seconds(value: Any) -> float | None:
    """Positive, or the default: editors write 0 for "not set"."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < 1e9 else None


Seconds: TypeAlias = Annotated[float | None, BeforeValidator(_seconds)]


class AuthorizationConfig(NodeConfig):
    """`type` is basic, bearer or custom; `api_key` is a template. `header` is "Authorization" where it is empty."""

    type: Text = "bearer"
    api_key: Text = ""
    header: Text = ""


class Authorization(NodeConfig):
    type: Text = "no-auth"
    config: AuthorizationConfig = AuthorizationConfig()


class BodyItem(NodeConfig):
    """`file` is the selector of a file variable, for an item of type `file`, and for a binary body."""

    key: Text = ""
    type: Text = "text"
    value: Text = ""
    file: Selector = ()


class Body(NodeConfig):
    """Older files have `data` as one text: lines of `key:value` for a form, the body itself otherwise."""

    type: Annotated[BodyType, BeforeValidator(_body_type)] = "none"
    data: Rows[BodyItem] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_text(cls, data: Any) -> Any:
        if isinstance(data, str) and data.strip():
            return {"type": "raw-text", "data": [{"value": data}]}
        if not isinstance(data, Mapping) or not isinstance(data.get("data"), str):
            return data
        text = data["data"]
        is_form = data.get("type") in ("form-data", "x-www-form-urlencoded")
        rows = [{"key": key, "value": value} for key, value in read_pairs(text)] if is_form else [{"value": text}]
        return {**data, "data": rows if text.strip() else []}


class Timeout(NodeConfig):
    """Seconds."""

    connect: Seconds = None
    read: Seconds = None
    write: Seconds = None


class RetryConfig(NodeConfig):
    retry_enabled: bool = False


class HttpRequestConfig(NodeConfig):
    """`headers` and `params` are lines of `key:value`."""

    method: Text = "get"
    url: Text = ""
    authorization: Authorization = Authorization()
    headers: Text = ""
    params: Text = ""
    body: Body = Body()
    timeout: Timeout = Timeout()
    ssl_verify: bool = True
    retry_config: RetryConfig = RetryConfig()
    error_strategy: Text = ""

    @property
    def fails_on_status(self) -> bool:
        """Whether an answer that is no success fails the node: only where something is to be done about it."""
        return self.retry_config.retry_enabled or self.error_strategy in ("fail-branch", "default-value")


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Lines of `key:value`; a line without a colon is a key with nothing."""
    pairs = [line.partition(":") for line in text.strip().splitlines() if line.strip()]
    return [(key.strip(), value.strip()) for key, _, value in pairs]
