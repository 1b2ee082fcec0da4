"""The node types of Dify's app files (up to 0.7.0), and `sub-workflow`, which is ours: what each leaves, whether a run
may begin there, how it branches.

Types are those of the wire (`string`, `number`, `array[object]`, ...). A config adds to them what it declares; see
`mocks.plausible`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KnownType:
    """`branch_key` is the output that says by which handle the node left."""

    outputs: Mapping[str, str] = field(default_factory=dict)
    is_root: bool = False
    branch_key: str | None = None
    streams: str | None = None


_MESSAGE = {"text": "string", "files": "array[file]", "json": "array[object]"}

KNOWN_TYPES: Mapping[str, KnownType] = {
    "start": KnownType(is_root=True),
    "end": KnownType(),
    "answer": KnownType({"answer": "string", "files": "array[file]"}),
    "llm": KnownType(
        {
            "text": "string",
            "reasoning_content": "string",
            "usage": "object",
            "finish_reason": "string",
            "files": "array[file]",
        },
        streams="text",
    ),
    "question-classifier": KnownType(
        {"class_name": "string", "class_id": "string", "class_label": "string", "usage": "object"},
        branch_key="class_id",
    ),
    "if-else": KnownType({"result": "boolean", "selected_case_id": "string"}, branch_key="selected_case_id"),
    "template-transform": KnownType({"output": "string"}),
    "variable-aggregator": KnownType({"output": "any"}),
    "assigner": KnownType(),
    "code": KnownType(),
    "http-request": KnownType({"status_code": "number", "body": "string", "headers": "object", "files": "array[file]"}),
    "tool": KnownType(_MESSAGE, streams="text"),
    "agent": KnownType({**_MESSAGE, "usage": "object", "ended_by": "string"}, streams="text"),
    "knowledge-retrieval": KnownType({"result": "array[object]"}),
    "parameter-extractor": KnownType({"__is_success": "number", "__reason": "string", "__usage": "object"}),
    "document-extractor": KnownType({"text": "string"}),
    "list-operator": KnownType({"result": "array[any]", "first_record": "any", "last_record": "any"}),
    "human-input": KnownType(
        {"__action_id": "string", "__action_value": "string", "__rendered_content": "string"},
        branch_key="__action_id",
    ),
    "sub-workflow": KnownType({"text": "string", "answer": "string"}, streams="text"),
    "iteration": KnownType({"output": "array[any]"}),
    "iteration-start": KnownType(),
    "loop": KnownType({"loop_round": "number"}),
    "loop-start": KnownType(),
    "loop-end": KnownType(),
    "trigger-schedule": KnownType(is_root=True),
    "trigger-webhook": KnownType({"_webhook_raw": "object"}, is_root=True),
    "trigger-plugin": KnownType(is_root=True),
    "datasource": KnownType(
        {"datasource_type": "string", "file": "file", "content": "string", "title": "string", "source_url": "string"},
        is_root=True,
    ),
    "knowledge-index": KnownType({"result": "object"}),
}

ALIASES: Mapping[str, str] = {"variable-assigner": "variable-aggregator"}
"""Names that types had before. `variable-assigner` is the aggregator; the node that writes variables is `assigner`."""

INSIDE: frozenset[str] = frozenset(
    {
        "start",
        "end",
        "answer",
        "if-else",
        "template-transform",
        "variable-aggregator",
        "list-operator",
        "assigner",
        "iteration",
        "iteration-start",
        "loop",
        "loop-start",
        "loop-end",
    }
)
"""Types that really run with `--mock-outside`, since they never leave this process."""


def canonical(type_name: str) -> str:
    """The name of today for any name that a type has had."""
    name = type_name.strip().lower().replace("_", "-")
    return ALIASES.get(name, name)
