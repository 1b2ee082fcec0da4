"""What a node reads, by the names that `node_started` shows."""

from collections.abc import Iterable, Sequence

from loomwork.engine.variables import Ref, Template

Inputs = tuple[tuple[str, Ref], ...]


def template_inputs(*templates: Template) -> Inputs:
    """Every reference of some templates once, each under its own selector (`#node.name#`)."""
    return shown(ref for template in templates for ref in template.refs)


def shown(refs: Iterable[Ref]) -> Inputs:
    """References under their own selectors, each once."""
    return tuple({f"#{'.'.join(ref.selector)}#": ref for ref in refs}.items())


def joined(*parts: Sequence[tuple[str, Ref]]) -> Inputs:
    """Several lists of inputs as one, each name once."""
    return tuple(dict(pair for part in parts for pair in part).items())
