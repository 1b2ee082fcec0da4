"""Parameters beside the body, as a document says them."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from loomwork.adapters.openapi.addresses import places_in
from loomwork.adapters.openapi.bodies import fixed_where_it_is
from loomwork.adapters.openapi.naming import Names
from loomwork.adapters.openapi.problems import Broken, listing, mapping, words
from loomwork.adapters.openapi.references import References
from loomwork.adapters.openapi.schemas import HIDDEN, Schemas
from loomwork.tools.domain.api_definition import Parameter, Place, Style

PLACES: tuple[Place, ...] = ("path", "query", "header", "cookie")
STYLES = frozenset(get_args(Style))
OUR_OWN = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI says elsewhere, so that parameters of these names do not count."""

MOST = 300


class Parameters:
    """Reads the parameters of one document."""

    def __init__(self, references: References, schemas: Schemas, most: int) -> None:
        self._references = references
        self._schemas = schemas
        self._most = most

    def said(self, of_path: Any, of_operation: Any) -> list[Mapping[str, Any]]:
        """Those of a path and of an operation, whose own go before. Raises `Broken`."""
        found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
        for each in [*listing(of_path, "parameters"), *listing(of_operation, "parameters")]:
            parameter = self._references.followed(each, "a parameter")
            name, place = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or not name or not isinstance(place, str):
                raise Broken("a parameter has no name, or no place")
            found[name, place] = parameter
        if len(found) > MOST:
            raise Broken(f"it has more than {MOST} parameters")
        return list(found.values())

    def read(self, said: Sequence[Mapping[str, Any]], path: str, names: Names) -> list[Parameter]:
        """Those that requests have; a place of the path that nobody describes is a text. Raises `Broken`."""
        places = places_in(path)
        found = [self._read(each, names) for each in said if _counts(each, places)]
        known = {each.wire for each in found if each.place == "path"}
        for name in places:
            if name not in known:
                schema = {"type": "string"}
                arguments = {"name": names.free(name, "path"), "wire": name, "json_schema": schema}
                found.append(Parameter(place="path", style="simple", explode=False, required=True, **arguments))
        return found

    def _read(self, said: Mapping[str, Any], names: Names) -> Parameter:
        place, wire = said["in"], said["name"]
        if place not in PLACES:
            raise Broken(f"the parameter {wire[:50]!r} is in {place[:20]!r}, which no request has")
        media_type, schema = _content(said)
        cut = self._schemas.cut(schema, most=self._most)
        description = words(said.get("description"), 1_000)
        if HIDDEN in said:
            cut = {**cut, "const": said[HIDDEN]}
        style: Any = said["style"] if said.get("style") in STYLES else _style(place)
        required = place == "path" or said.get("required") is True
        parameter = Parameter(
            name=names.free(wire, place),
            wire=wire[:200],
            json_schema={**cut, "description": description} if description else cut,
            required=required,
            style=style,
            explode=said["explode"] if isinstance(said.get("explode"), bool) else style in ("form", "deepObject"),
            media_type=media_type,
            place=place,
            reserved=said.get("allowReserved") is True,
        )
        hidden = HIDDEN in said or (isinstance(schema, Mapping) and HIDDEN in schema)
        fixed = fixed_where_it_is(parameter, hidden=hidden, always=required)
        assert isinstance(fixed, Parameter)
        return fixed


def _counts(said: Mapping[str, Any], places: Sequence[str]) -> bool:
    if said["in"] == "header":
        return said["name"].lower() not in OUR_OWN
    return said["in"] != "path" or said["name"] in places


def _style(place: str) -> str:
    return "form" if place in ("query", "cookie") else "simple"


def _content(said: Mapping[str, Any]) -> tuple[str | None, Any]:
    """The schema, and how the value is written where the parameter has a type of content."""
    content = said.get("content")
    if isinstance(content, Mapping) and content:
        media_type = str(next(iter(content)))
        return media_type[:100], mapping(content[next(iter(content))], "content").get("schema", {})
    schema = said.get("schema")
    return None, schema if schema is not None else {}
