"""`{{#node.name.key#}}` templates: parsed once at compile time, rendered by joining.

Syntax (Dify 1.17): the node id is `[A-Za-z0-9_]{1,50}`, then one to ten parts `[A-Za-z_][A-Za-z0-9_]{0,29}`. What
nothing set is left in place without its braces (`node.name`), which is what users of such files see today.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.engine.variables.refs import MISSING, Ref

_PLACEHOLDER = re.compile(r"\{\{#([A-Za-z0-9_]{1,50}(?:\.[A-Za-z_][A-Za-z0-9_]{0,29}){1,10})#\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Literal text and references, in order."""

    segments: tuple[str | Ref, ...]

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Every reference in the template, in order, repeats included."""
        return tuple(segment for segment in self.segments if isinstance(segment, Ref))

    def render(self, get: Callable[[Ref], Any], as_text: Callable[[Any], str]) -> str:
        """Join the segments; `get` reads a reference, `as_text` makes text of what it read."""
        return "".join([s if isinstance(s, str) else _read(s, get, as_text) for s in self.segments])


def parse_template(text: str, resolve: Callable[[Sequence[str]], Ref]) -> Template:
    """Split a template into literal text and references resolved by `resolve`."""
    segments: list[str | Ref] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        if match.start() > position:
            segments.append(text[position : match.start()])
        segments.append(resolve(match.group(1).split(".")))
        position = match.end()
    if position < len(text):
        segments.append(text[position:])
    return Template(tuple(segments))


def _read(ref: Ref, get: Callable[[Ref], Any], as_text: Callable[[Any], str]) -> str:
    value = get(ref)
    return ".".join(ref.selector) if value is MISSING else as_text(value)
