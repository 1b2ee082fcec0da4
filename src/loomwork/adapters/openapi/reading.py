"""An OpenAPI 3.x or Swagger 2 document, read into what is kept of an API."""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, get_args

from loomwork.adapters.openapi import swagger2
from loomwork.adapters.openapi.addresses import checked_path, host_servers, servers_of
from loomwork.adapters.openapi.bodies import Bodies, is_json
from loomwork.adapters.openapi.loading import load
from loomwork.adapters.openapi.naming import Names, called
from loomwork.adapters.openapi.parameters import Parameters
from loomwork.adapters.openapi.problems import Broken, mapping, words
from loomwork.adapters.openapi.references import References
from loomwork.adapters.openapi.schemas import Schemas
from loomwork.adapters.openapi.security import Requirement, Security
from loomwork.tools.api import ApiDocumentInvalid
from loomwork.tools.domain.api_definition import ApiDefinition, Method, Operation

MOST_OPERATIONS = 1_500
MOST_PROBLEMS = 50
LARGEST_KEPT = 6_000_000
"""Characters of what is kept of one API."""

BUDGETS = ((1_500, 150), (400, 40), (120, 0), (40, 0))
"""How many members the schemas of a request and of an answer may have: less, where all together is too much."""

METHODS: tuple[Method, ...] = get_args(Method)


def read_api(content: bytes, *, base: str | None = None, only: Sequence[str] = ()) -> ApiDefinition:
    """The API that a document describes. `base` is where it was found; `only` names operations (by what they are
    called, by a tag, or by `/a/path` that theirs begins with), without it all count. Raises `ApiDocumentInvalid`.
    """
    tree = load(content)
    for request, answer in BUDGETS:
        try:
            definition = _Reading(tree, base, only, request, answer).definition()
            weight = len(definition.model_dump_json())
        except Broken as problem:
            raise ApiDocumentInvalid(f"The document cannot be used: {problem}.") from None
        except ValueError:
            raise ApiDocumentInvalid("The document holds half of a surrogate pair, which is no character.") from None
        if weight <= LARGEST_KEPT:
            return definition
    raise ApiDocumentInvalid("The document has too much in it; say which operations are wanted.")


class _Reading:
    """One way through a document."""

    def __init__(self, tree: Mapping[str, Any], base: str | None, only: Sequence[str], request: int, answer: int):
        self._tree = tree
        self._format = _format(tree)
        self._old = self._format == "Swagger 2.0"
        self._base = base
        self._only = frozenset(only)
        self._answer = answer
        self._references = References(tree)
        self._schemas = Schemas(self._references)
        self._parameters = Parameters(self._references, self._schemas, request)
        self._bodies = Bodies(self._references, self._schemas, request)
        self._names = Names()
        self._problems: list[str] = []
        self._wanted: list[tuple[Requirement, ...]] = []

    def definition(self) -> ApiDefinition:
        """Raises `Broken`, and `ApiDocumentInvalid` where nothing is left."""
        info = mapping(self._tree.get("info"), "info")
        servers = self._servers()
        self._security = Security(
            self._tree, self._references, old=self._old, base=servers[0] if servers else self._base
        )
        operations = self._operations()
        if not operations:
            reason = self._problems[0] if self._problems else "It has no paths with operations that can be called."
            raise ApiDocumentInvalid(f"The document describes nothing that can be called. {reason}")
        auth = self._security.chosen(self._wanted, self._problems)
        return ApiDefinition(
            label=words(info.get("title"), 100) or "API",
            description=words(info.get("summary") or info.get("description"), 1_000),
            version=words(str(info.get("version", "")), 50),
            format=self._format,
            servers=tuple(servers),
            auth=auth,
            operations=tuple(operations),
            problems=tuple(_few(self._problems)),
        )

    def _servers(self) -> list[str]:
        if self._old:
            return host_servers(self._tree, self._base)
        # OpenAPI: without any, the one that the document came from.
        return servers_of(self._tree.get("servers") or [{"url": "/"}], self._base)

    def _operations(self) -> list[Operation]:
        found: list[Operation] = []
        for path, item in mapping(self._tree.get("paths"), "paths").items():
            for method, operation, shared in self._of_path(str(path), item):
                if len(found) >= MOST_OPERATIONS:
                    self._problems.append(f"Only the first {MOST_OPERATIONS} operations are used; say which you want.")
                    return found
                try:
                    found.append(self._operation(method, path, operation, shared))
                except Broken as problem:
                    self._problems.append(f"{method} {str(path)[:150]}: {problem}.")
        return found

    def _of_path(self, path: str, item: Any) -> Iterator[tuple[Method, Mapping[str, Any], Mapping[str, Any]]]:
        try:
            shared = self._references.followed(item, "the path")
        except Broken as problem:
            self._problems.append(f"{path[:150]}: {problem}.")
            return
        for method in METHODS:
            operation = shared.get(method.lower())
            if operation is None:
                continue
            if not isinstance(operation, Mapping):
                self._problems.append(f"{method} {path[:150]}: the operation is no object.")
            elif self._is_wanted(operation, method, path):
                yield method, operation, shared

    def _is_wanted(self, operation: Mapping[str, Any], method: Method, path: str) -> bool:
        if not self._only:
            return True
        tags = operation.get("tags")
        tagged = [str(tag) for tag in tags] if isinstance(tags, list) else []
        if not self._only.isdisjoint({called(operation, method, path), *tagged}):
            return True
        return any(each.startswith("/") and path.startswith(each) for each in self._only)

    def _operation(
        self, method: Method, path: Any, operation: Mapping[str, Any], shared: Mapping[str, Any]
    ) -> Operation:
        address, names = checked_path(path), Names()
        said = self._parameters.said(shared.get("parameters"), operation.get("parameters"))
        carried = operation.get("requestBody")
        if self._old:
            consumes = operation.get("consumes", self._tree.get("consumes"))
            carried = swagger2.body_of([each for each in said if swagger2.is_old(each)], consumes)
            said = [swagger2.parameter_of(each) for each in said if not swagger2.is_old(each)]
        wanted = self._security.wanted(operation)
        accept, answer = self._answers(operation)
        made = Operation(
            name=called(operation, method, str(path)),
            method=method,
            path=address,
            label=words(operation.get("summary"), 100),
            description=_described(operation),
            parameters=tuple(self._parameters.read(said, address, names)),
            body=self._bodies.body(carried, names) if method not in ("GET", "HEAD") else None,
            accept=accept,
            output_schema=answer,
            server=self._own_server(operation, shared),
            open=not any(wanted),
        )
        self._wanted.append(wanted)
        return made.model_copy(update={"name": self._names.tool(made.name)})

    def _own_server(self, operation: Mapping[str, Any], shared: Mapping[str, Any]) -> str | None:
        own = operation.get("servers") or shared.get("servers")
        found = servers_of(own, self._base) if own and not self._old else []
        return found[0] if found else None

    def _answers(self, operation: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
        """What to ask for, and its schema. An answer that is described badly takes nothing from the operation."""
        try:
            said = operation.get("responses")
            produces = operation.get("produces", self._tree.get("produces"))
            answers = swagger2.responses_of(said, produces) if self._old else mapping(said, "responses")
            for status, answer in sorted(((str(name), each) for name, each in answers.items()), key=itemgetter(0)):
                if status.startswith("2"):
                    content = self._references.followed(answer, "an answer").get("content")
                    return self._answer_of(mapping(content, "an answer"))
        except Broken:
            pass
        return "*/*", None

    def _answer_of(self, content: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
        media_type = next((each for each in content if is_json(str(each))), None)
        if media_type is None:
            first = str(next(iter(content), "*/*"))
            return (first[:100] if first.isascii() and first.isprintable() else "*/*"), None
        part = content[media_type]
        schema = part.get("schema") if isinstance(part, Mapping) else None
        if schema is None or not self._answer:
            return "application/json", None
        return "application/json", self._schemas.cut(schema, request=False, most=self._answer)


def _format(tree: Mapping[str, Any]) -> str:
    new, old = str(tree.get("openapi", "")), str(tree.get("swagger", ""))
    if new.startswith("3."):
        return f"OpenAPI {'.'.join(new[:20].split('.')[:2])}"
    if old in ("2.0", "2"):
        return "Swagger 2.0"
    raise ApiDocumentInvalid("The document is neither OpenAPI 3 nor Swagger 2: it has no `openapi: 3...`.")


def _described(operation: Mapping[str, Any]) -> str:
    summary, description = words(operation.get("summary"), 300), words(operation.get("description"), 1_000)
    if not summary or description.startswith(summary):
        return description or summary
    return f"{summary}\n\n{description}" if description else summary


def _few(problems: Sequence[str]) -> list[str]:
    if len(problems) <= MOST_PROBLEMS:
        return list(problems)
    return [*problems[:MOST_PROBLEMS], f"And {len(problems) - MOST_PROBLEMS} more like these."]
