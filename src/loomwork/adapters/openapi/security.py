"""What lets one in, as a document says it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.adapters.openapi.addresses import absolute
from loomwork.adapters.openapi.problems import Broken, listing, mapping, words
from loomwork.adapters.openapi.references import References
from loomwork.adapters.openapi.swagger2 import scheme_of
from loomwork.tools.domain.api_definition import AuthScheme

MOST_SCHEMES = 4
"""That one request carries together."""

Requirement = tuple[str, ...]
"""Names of schemes that are wanted together; empty where nothing is."""


class Security:
    """The schemes of a document, and which of them its operations want."""

    def __init__(self, tree: Mapping[str, Any], references: References, *, old: bool, base: str | None) -> None:
        components = mapping(tree.get("components"), "components") if not old else {}
        self._schemes = tree.get("securityDefinitions") if old else components.get("securitySchemes")
        self._references = references
        self._old = old
        self._base = base
        self._of_all = tree.get("security")

    def wanted(self, operation: Mapping[str, Any]) -> tuple[Requirement, ...]:
        """What this operation wants, one of several; none where it is open to all."""
        said = operation.get("security", self._of_all)
        found = [mapping(each, "security") for each in listing(said, "security")]
        return tuple(tuple(str(name) for name in each) for each in found)

    def chosen(self, wanted: Sequence[tuple[Requirement, ...]], problems: list[str]) -> tuple[AuthScheme, ...]:
        """The schemes that let in to most operations. What a person would have to consent to in a browser is taken as
        a token that somebody brings.
        """
        for choices, _ in Counter(each for each in wanted if any(each)).most_common():
            found = self._best([each for each in choices if each], problems)
            if found:
                optional = () in choices
                return tuple(each.model_copy(update={"optional": optional}) for each in found)
        return ()

    def _best(self, choices: Sequence[Requirement], problems: list[str]) -> tuple[AuthScheme, ...]:
        """The first that a program can fulfil by itself, else the first with a token."""
        brought: tuple[AuthScheme, ...] = ()
        for names in choices:
            try:
                found = [self._scheme(name) for name in names[:MOST_SCHEMES]]
            except Broken as problem:
                sentence = f"What lets in ({' and '.join(names)[:80]}): {problem}."
                if sentence not in problems:
                    problems.append(sentence)
                continue
            schemes = tuple(scheme for scheme, _ in found)
            if all(direct for _, direct in found):
                return schemes
            brought = brought or schemes
        return brought

    def _scheme(self, name: str) -> tuple[AuthScheme, bool]:
        """With whether a program has it without a person. Raises `Broken`."""
        known = mapping(self._schemes, "securitySchemes")
        if name not in known:
            raise Broken(f"the document has no scheme {name[:50]!r}")
        said = self._references.followed(known[name], "a security scheme")
        said = scheme_of(said) if self._old else said
        match said.get("type"):
            case "http":
                return self._http(name, said), True
            case "apiKey":
                return self._key(name, said), True
            case "oauth2":
                return self._oauth2(name, said)
            case "openIdConnect":
                return AuthScheme(kind="bearer", label=name[:80]), False
        raise Broken(f"{words(said.get('type'), 40) or 'its type'} is not supported")

    def _http(self, name: str, said: Mapping[str, Any]) -> AuthScheme:
        match str(said.get("scheme", "")).lower():
            case "basic":
                return AuthScheme(kind="basic", label=name[:80])
            case "bearer":
                return AuthScheme(kind="bearer", label=name[:80])
        raise Broken(f"the HTTP scheme {words(said.get('scheme'), 40)!r} is not supported")

    def _key(self, name: str, said: Mapping[str, Any]) -> AuthScheme:
        place, key = said.get("in"), words(said.get("name"), 100)
        if place == "header" and key:
            return AuthScheme(kind="header", name=key, label=name[:80])
        if place == "query" and key:
            return AuthScheme(kind="query", name=key, label=name[:80])
        if place == "cookie" and key:
            return AuthScheme(kind="cookie", name=key, label=name[:80])
        raise Broken("the key has no place or no name")

    def _oauth2(self, name: str, said: Mapping[str, Any]) -> tuple[AuthScheme, bool]:
        flow = mapping(said.get("flows"), "flows").get("clientCredentials") if "flows" in said else None
        if isinstance(flow, Mapping) and isinstance(flow.get("tokenUrl"), str):
            url = absolute(flow["tokenUrl"], self._base)
            if url is None:
                raise Broken("its token address cannot be used")
            scopes = tuple(str(scope)[:200] for scope in mapping(flow.get("scopes"), "scopes"))
            return AuthScheme(kind="oauth2", token_url=url, scopes=scopes[:100], label=name[:80]), True
        return AuthScheme(kind="bearer", label=name[:80]), False
