"""What the references of a document lead to, within the document alone."""

from collections.abc import Mapping
from typing import Any

from referencing import Registry, Resource
from referencing.exceptions import Unresolvable

from loomwork.adapters.openapi.problems import Broken

MOST_STEPS = 32
LONGEST = 500
_SHOWN = 120


class References:
    """Nothing is ever fetched: a reference to another document is an error of whoever uses it."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        resource: Resource[Any] = Resource.opaque(tree)
        self._resolver = Registry[Any]().with_resource("", resource).resolver()
        self._known: dict[str, Any] = {}

    def target(self, reference: Any) -> Any:
        """What one reference names. Raises `Broken`."""
        if not isinstance(reference, str) or len(reference) > LONGEST:
            raise Broken("a $ref is no text that could be one")
        if not reference.startswith("#"):
            raise Broken(f"{reference[:_SHOWN]!r} leads to another document, and none is fetched")
        if reference not in self._known:
            self._known[reference] = self._looked_up(reference)
        return self._known[reference]

    def followed(self, value: Any, what: str) -> Mapping[str, Any]:
        """The object that a value is, or that it refers to, over several references, with what stands beside them.
        Raises `Broken`.
        """
        said = mapping_of(value, what)
        beside: dict[str, Any] = {}
        for _ in range(MOST_STEPS):
            if "$ref" not in said:
                return {**said, **beside} if beside else said
            beside = {**{name: each for name, each in said.items() if name != "$ref"}, **beside}
            said = mapping_of(self.target(said["$ref"]), what)
        raise Broken(f"{what} refers to itself")

    def _looked_up(self, reference: str) -> Any:
        try:
            return self._resolver.lookup(reference).contents
        except (Unresolvable, ValueError, LookupError, TypeError):
            raise Broken(f"{reference[:_SHOWN]!r} names nothing in this document") from None


def mapping_of(value: Any, what: str) -> Mapping[str, Any]:
    """Raises `Broken` for what is no object."""
    if not isinstance(value, Mapping):
        raise Broken(f"{what} is no object")
    return value
