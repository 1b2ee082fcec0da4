"""Swagger 2 said in the words of OpenAPI 3: parameters, bodies, answers and what lets one in."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.adapters.openapi.problems import Broken, listing, mapping

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
_OF_PARAMETER = frozenset({"name", "in", "description", "required", "collectionFormat", "allowEmptyValue"})


def is_old(parameter: Mapping[str, Any]) -> bool:
    """Whether it belongs to the body."""
    return parameter.get("in") in ("body", "formData")


def parameter_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter beside the body."""
    found: dict[str, Any] = {name: said[name] for name in ("name", "in", "description", "required") if name in said}
    found["schema"] = _schema(said)
    found |= {name: said[name] for name in said if name.startswith("x-")}
    return found | _style(said)


def body_of(parameters: Sequence[Mapping[str, Any]], consumes: Any) -> dict[str, Any] | None:
    """The `requestBody` that parameters `in: body` or `in: formData` are. Raises `Broken`."""
    whole = [each for each in parameters if each.get("in") == "body"]
    fields = [each for each in parameters if each.get("in") == "formData"]
    if whole and fields:
        raise Broken("it has a body and a form, and a request has one")
    types = [each for each in listing(consumes, "consumes") if isinstance(each, str)]
    if whole:
        content = {each: {"schema": whole[0].get("schema", {})} for each in types or ["application/json"]}
        said = {name: whole[0][name] for name in ("description", "required") if name in whole[0]}
        return {**said, "content": content}
    return _form(fields, types) if fields else None


def _form(fields: Sequence[Mapping[str, Any]], types: Sequence[str]) -> dict[str, Any]:
    has_file = any(each.get("type") == "file" for each in fields)
    known = [each for each in types if each in _FORMS]
    media_type = _FORMS[1] if has_file or known[:1] == [_FORMS[1]] else _FORMS[0]
    properties: dict[str, Any] = {}
    for each in fields:
        if not isinstance(each.get("name"), str):
            raise Broken("a field of its form has no name")
        description = {"description": each["description"]} if isinstance(each.get("description"), str) else {}
        properties[each["name"]] = {**_schema(each), **description}
    required = [each["name"] for each in fields if each.get("required") is True]
    encoding = {each["name"]: _style(each) for each in fields if each.get("type") == "array"}
    schema = {"type": "object", "properties": properties, "required": required}
    return {"required": bool(required), "content": {media_type: {"schema": schema, "encoding": encoding}}}


def _schema(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in said.items() if name not in _OF_PARAMETER}


def _style(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("type") != "array":
        return {}
    how = said.get("collectionFormat")
    if how == "multi":
        return {"style": "form", "explode": True}
    if said.get("in") in ("path", "header"):
        return {"style": "simple", "explode": False}
    return {"style": _STYLES.get(str(how), "form"), "explode": False}


def responses_of(said: Any, produces: Any) -> dict[str, Any]:
    """Answers with their schemas where OpenAPI 3 has them."""
    types = [each for each in listing(produces, "produces") if isinstance(each, str)] or ["application/json"]
    found: dict[str, Any] = {}
    for status, answer in mapping(said, "responses").items():
        schema = answer.get("schema") if isinstance(answer, Mapping) else None
        found[str(status)] = {"content": {each: {"schema": schema} for each in types} if schema is not None else {}}
    return found


def scheme_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """A `securityDefinition` as a `securityScheme`."""
    if said.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if said.get("type") == "oauth2" and said.get("flow") == "application":
        flow = {"tokenUrl": said.get("tokenUrl"), "scopes": said.get("scopes")}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}
    return dict(said)
