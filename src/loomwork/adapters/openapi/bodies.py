"""What a request carries, as a document says it."""

from collections.abc import Mapping
from typing import Any

from loomwork.adapters.openapi.naming import Names
from loomwork.adapters.openapi.problems import Broken, mapping, words
from loomwork.adapters.openapi.references import References
from loomwork.adapters.openapi.schemas import BINARY, HIDDEN, Schemas
from loomwork.tools.domain.api_definition import Body, BodyKind, Slot, Style

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FILE_SCHEMA = {"type": "object", "format": "file"}
WHOLE = "body"
_STYLES: frozenset[str] = frozenset({"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"})
_BYTES = ("image/", "audio/", "video/", "font/")
_BYTES_TOO = frozenset({"application/octet-stream", "application/pdf", "application/zip", "application/gzip", "*/*"})


def is_json(media_type: str) -> bool:
    """Whether this is JSON, under any of its names."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json") or essence == "text/json"


class Bodies:
    """Reads the bodies of one document."""

    def __init__(self, references: References, schemas: Schemas, most: int) -> None:
        self._references = references
        self._schemas = schemas
        self._most = most

    def body(self, said: Any, names: Names) -> Body | None:
        """Raises `Broken`."""
        if said is None:
            return None
        said = self._references.followed(said, "its body")
        content = mapping(said.get("content"), "the content of its body")
        if not content:
            return None
        media_type = _preferred(content)
        part = mapping(content[media_type], "the content of its body")
        schema = part.get("schema")
        cut = self._schemas.cut(schema if schema is not None else {}, most=self._most)
        kind, required = _kind(media_type), said.get("required") is True
        description = words(said.get("description"), 500)
        if kind == "raw" or not _is_flat(cut):
            whole = self._whole(cut, media_type, kind, required, description, names)
            return Body(media_type=_concrete(media_type), kind=kind, required=required, whole=whole)
        slots = tuple(self._slots(schema, cut, part, kind, required, names))
        return Body(media_type=_concrete(media_type), kind=kind, required=required, slots=slots)

    def _whole(
        self, cut: dict[str, Any], media_type: str, kind: BodyKind, required: bool, description: str, names: Names
    ) -> Slot:
        if kind == "raw":
            cut = FILE_SCHEMA if _is_bytes(media_type, cut) else {"type": "string"}
        elif kind != "json" and cut.get("type") != "object":
            cut = {**cut, "type": "object"}
        if description and "description" not in cut:
            cut = {**cut, "description": description}
        return Slot(name=names.free(WHOLE, WHOLE), wire=WHOLE, json_schema=cut, required=required)

    def _slots(
        self, raw: Any, cut: dict[str, Any], part: Mapping[str, Any], kind: BodyKind, required: bool, names: Names
    ) -> list[Slot]:
        encoding = mapping(part.get("encoding"), "encoding")
        hidden = self._hidden(raw)
        slots = []
        for wire, schema in cut["properties"].items():
            how = encoding.get(wire)
            slot = Slot(
                name=names.free(wire, WHOLE),
                wire=wire,
                json_schema=_with_files(schema) if kind == "multipart" else schema,
                required=required and wire in cut.get("required", ()),
                **_encoded(how if isinstance(how, Mapping) else {}),
            )
            slots.append(fixed_where_it_is(slot, hidden=wire in hidden, always=wire in cut.get("required", ())))
        return slots

    def _hidden(self, raw: Any) -> frozenset[str]:
        """The properties that their author says are asked of nobody."""
        try:
            properties = self._references.followed(raw, "a schema").get("properties")
        except Broken:
            return frozenset()
        said = properties if isinstance(properties, Mapping) else {}
        return frozenset(str(name) for name, each in said.items() if isinstance(each, Mapping) and HIDDEN in each)


def fixed_where_it_is(slot: Slot, *, hidden: bool, always: bool) -> Slot:
    """A value that is always sent and has but one choice is sent, and asked of nobody."""
    schema = slot.json_schema
    if "const" in schema and (hidden or always):
        return slot.model_copy(update={"fixed": True, "value": schema["const"]})
    members = schema.get("enum")
    if always and isinstance(members, list) and len(members) == 1:
        return slot.model_copy(update={"fixed": True, "value": members[0]})
    return slot


def _preferred(content: Mapping[str, Any]) -> str:
    """The one that says most of what it wants."""
    ranks = ((is_json, 0), (lambda each: each.startswith(FORM), 1), (lambda each: each.startswith(MULTIPART), 2))

    def rank(media_type: str) -> int:
        said = next((number for fits, number in ranks if fits(media_type.lower())), None)
        return said if said is not None else 4 if "*" in media_type else 3

    known = [each for each in content if isinstance(each, str)]
    if not known:
        raise Broken("the content of its body has no type")
    return min(known, key=rank)


def _kind(media_type: str) -> BodyKind:
    lower = media_type.lower()
    if is_json(lower) or lower.startswith(("*/*", "application/*")):
        return "json"
    return "form" if lower.startswith(FORM) else "multipart" if lower.startswith("multipart/") else "raw"


def _concrete(media_type: str) -> str:
    """What stands in the header: no stars, and no characters that no header has."""
    clean = "".join(each for each in media_type if each.isascii() and each.isprintable())[:100]
    if "*" not in clean:
        return MULTIPART if clean.lower().startswith("multipart/") else clean
    return "application/json" if _kind(clean) == "json" else "application/octet-stream"


def _is_flat(schema: Mapping[str, Any]) -> bool:
    """Whether its properties can be arguments of their own."""
    choice = any(keyword in schema for keyword in ("anyOf", "oneOf", "allOf"))
    return bool(schema.get("properties")) and schema.get("type") == "object" and not choice


def _is_bytes(media_type: str, schema: Mapping[str, Any]) -> bool:
    essence = media_type.partition(";")[0].strip().lower()
    return schema.get("format") == BINARY or essence in _BYTES_TOO or essence.startswith(_BYTES)


def _with_files(schema: dict[str, Any]) -> dict[str, Any]:
    """Where bytes are wanted, a file is."""
    told: dict[str, Any] = {name: schema[name] for name in ("title", "description") if name in schema}
    if schema.get("format") == BINARY:
        return {**told, **FILE_SCHEMA}
    items = schema.get("items")
    if schema.get("type") == "array" and isinstance(items, dict) and items.get("format") == BINARY:
        return {**told, "type": "array", "items": FILE_SCHEMA}
    return schema


def _encoded(how: Mapping[str, Any]) -> dict[str, Any]:
    style = how.get("style") if how.get("style") in _STYLES else None
    explode = how.get("explode") if isinstance(how.get("explode"), bool) else style in (None, "form", "deepObject")
    media_type = how.get("contentType") if isinstance(how.get("contentType"), str) else None
    found: Style | str = style or "form"
    return {"style": found, "explode": explode, "media_type": media_type[:100] if media_type else None}
