"""What node types need from the world, models apart."""

from collections.abc import Mapping
from typing import Any, Protocol

from loomwork.kernel.errors import LoomworkError


class TemplateFailed(LoomworkError):
    """The template failed on these values; the message says how, in words for the app's author."""

    code = "template_failed"


class TemplateTooCostly(TemplateFailed):
    """The template needed more time or memory, or made more text, than a template may."""

    code = "template_too_costly"


class TemplateWorker(Protocol):
    """Renders Jinja templates that may be hostile, where they cannot harm this process."""

    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        """The text, of at most `limit` characters. `values` are plain JSON values. Raises `TemplateFailed` or
        `TemplateTooCostly`.
        """
        ...
