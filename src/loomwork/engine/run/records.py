"""What the core was told, as records that a journal keeps, and back.

A record names nodes by their id and their frame by its path, so that a later release, whose plans number nodes
otherwise, still understands it. `data` holds, by kind:

- began: `root`, `namespaces` (but for the environment, which the document has), `history`, `reused` (the stored
  results of another run that stand in: each `frame`, `node`, `kind` and `data` of its record)
- opened, retried: nothing
- said: `output`, `text`
- stepped: `name`, `kind`, `tool`, `input`, `output`, `kept`
- succeeded: `outputs`, `elapsed_ms`; where there are any `handle`, `usage`, `writes` (each `selector`, `level`,
  `value`), `exits`, `reused` where another run's result stood in, and `partial` of a container in which an error
  strategy stood in for a node
- failed: `error`, `retryable`, `elapsed_ms`, and `usage` where there is any
- asked: `form`, `actions`, `timeout`, `expires_at`
- answered: `action`, `values`
- went_on, cancelled: `by`
- paused: `by`, and `held`, each a frame and a node (none in journals of older releases)
- resumed: `lost`, each a frame and a node
- limited: `error`
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from loomwork.engine.events import FramePath
from loomwork.engine.graph.scopes import ENVIRONMENT
from loomwork.engine.ports import SOURCE, NodeResult, Question, Record, RecordKind, RunContext, Step, Turn, Write
from loomwork.engine.run.core import ROOT, Core
from loomwork.engine.run.decisions import (
    Answered,
    Asked,
    Begin,
    CancelAsked,
    CoreEvent,
    Failed,
    LimitReached,
    NodeEvent,
    Opened,
    PauseAsked,
    ResumeAsked,
    Resumed,
    RetryDue,
    Said,
    Stepped,
    Succeeded,
)
from loomwork.engine.run.frames import Frame
from loomwork.engine.variables import Ref
from loomwork.kernel.errors import LoomworkError

Told = tuple[RecordKind, Mapping[str, Any]]
"""The kind and the data of a record."""

STEP_FIELDS = ("name", "kind", "tool", "input", "output", "kept")

Reused = Mapping[tuple[str, str], Told]
"""Stored results by the frame's path (as one word) and the node's id."""


class UnreadableJournal(LoomworkError):
    """The journal does not fit the graph of its run; it cannot be taken up again."""

    code = "unreadable_journal"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run begins with. `reused` are results of another run, by frame and node."""

    root: str
    context: RunContext
    reused: Reused = field(default_factory=dict)

    def record(self) -> Record:
        """The first record of the run."""
        context = self.context
        data = {
            "root": self.root,
            "namespaces": {name: values for name, values in context.namespaces.items() if name != ENVIRONMENT},
            "history": [{"query": turn.query, "answer": turn.answer} for turn in context.history],
            "reused": [
                {"frame": frame, "node": node, "kind": kind, "data": data}
                for (frame, node), (kind, data) in self.reused.items()
            ],
        }
        return Record(1, "began", 0, 0.0, data=data)


def beginning(record: Record, context: RunContext) -> Beginning:
    """What the run began with; `context` was made for taking it up again, and lends what no record keeps."""
    if record.kind != "began":
        raise UnreadableJournal(f"The journal has {record.kind!r} where the beginning of a run should stand.")
    data = record.data
    history = [Turn(turn["query"], turn["answer"]) for turn in data["history"]]
    namespaces = {**context.namespaces, **data["namespaces"]}
    reused = {(item["frame"], item["node"]): (item["kind"], item["data"]) for item in data["reused"]}
    return Beginning(data["root"], replace(context, namespaces=namespaces, history=history), reused)


def told(event: CoreEvent, core: Core) -> Told:
    """The kind and the data of the record of what the core is told."""
    match event:
        case PauseAsked():
            return "paused", _told_of_pause(event, core)
        case ResumeAsked():
            return "went_on", {"by": event.by}
        case CancelAsked():
            return "cancelled", {"by": event.by}
        case Resumed():
            return "resumed", {"lost": [_place(core.frames[frame], node) for frame, node in event.lost]}
        case LimitReached():
            return "limited", {"error": event.error}
        case Begin():
            raise AssertionError("the first record is made of what the run begins with")
        case _:
            return _told_by_node(event, core)


def _told_of_pause(event: PauseAsked, core: Core) -> Mapping[str, Any]:
    if event.held is None:
        return {"by": event.by}
    return {"by": event.by, "held": [_place(core.frames[frame], node) for frame, node in event.held]}


def _told_by_node(event: NodeEvent, core: Core) -> Told:
    match event:
        case Said():
            return "said", {"output": event.output, "text": event.text}
        case Stepped(step=step):
            return "stepped", {name: getattr(step, name) for name in STEP_FIELDS}
        case Succeeded():
            data = {**_of_result(event.result), "elapsed_ms": event.elapsed_ms}
            if event.partial or (event.frame, event.node) in core.partly:
                data["partial"] = True
            return "succeeded", {**data, "reused": True} if event.reused else data
        case Failed():
            data = {"error": event.error, "retryable": event.retryable, "elapsed_ms": event.elapsed_ms}
            return "failed", {**data, "usage": event.usage} if event.usage else data
        case Opened():
            return "opened", {}
        case RetryDue():
            return "retried", {}
        case Asked(question=question):
            asked = {"form": question.form, "actions": question.actions, "timeout": question.timeout}
            return "asked", {**asked, "expires_at": event.expires_at}
        case Answered():
            return "answered", {"action": event.action, "values": event.values}
        case _:
            assert_never(event)


def heard(record: Record, core: Core) -> CoreEvent | None:
    """What the core is to be told again; None for what only whoever tells it can make anew (a container's rounds)."""
    data = record.data
    match record.kind:
        case "began" | "opened":
            return None
        case "paused":
            held = data.get("held")
            return PauseAsked(data["by"], None if held is None else _places(held, core))
        case "went_on":
            return ResumeAsked(data["by"])
        case "cancelled":
            return CancelAsked(data["by"])
        case "limited":
            return LimitReached(data["error"])
        case "resumed":
            return Resumed(_places(data["lost"], core))
        case _:
            return _heard_of_node(record, *place_of(record, core), core)


def _heard_of_node(record: Record, frame: int, node: int, core: Core) -> CoreEvent:
    data = record.data
    match record.kind:
        case "said":
            return Said(frame, node, data["output"], data["text"])
        case "stepped":
            return Stepped(frame, node, Step(**{name: data[name] for name in STEP_FIELDS}))
        case "succeeded":
            result = result_of(data, core.frames[frame])
            reused, partial = data.get("reused", False), data.get("partial", False)
            return Succeeded(frame, node, result, data["elapsed_ms"], reused, partial)
        case "failed":
            return Failed(frame, node, data["error"], data["retryable"], data["elapsed_ms"], data.get("usage"))
        case "retried":
            return RetryDue(frame, node)
        case "asked":
            question = Question(data["form"], data["actions"], data["timeout"])
            return Asked(frame, node, question, data["expires_at"])
        case "answered":
            return Answered(frame, node, data["action"], data["values"])
        case _:
            raise UnreadableJournal(f"A record of kind {record.kind!r} is not known here.")


def place_of(record: Record, core: Core) -> tuple[int, int]:
    """The frame and the slot that a record tells of. Raises `UnreadableJournal` where the run has no such place."""
    return found(core, _as_path(json.loads(record.frame)) if record.frame else (), record.node_id)


def result_of(data: Mapping[str, Any], frame: Frame) -> NodeResult:
    """The result that a node of the frame left."""
    writes = [Write(_target(frame, item), item["value"]) for item in data.get("writes", ())]
    handle, exits = data.get("handle", SOURCE), data.get("exits", False)
    return NodeResult(data["outputs"], handle, data.get("usage"), writes, exits)


def _of_result(result: NodeResult) -> dict[str, Any]:
    data: dict[str, Any] = {"outputs": result.outputs}
    if result.handle != SOURCE:
        data["handle"] = result.handle
    if result.usage:
        data["usage"] = result.usage
    if result.writes:
        data["writes"] = [_of_write(write) for write in result.writes]
    if result.exits:
        data["exits"] = True
    return data


def _of_write(write: Write) -> Mapping[str, Any]:
    ref = write.ref
    return {"selector": ref.selector, "level": ref.level, "value": write.value}


def _target(frame: Frame, item: Mapping[str, Any]) -> Ref:
    selector, level = tuple(item["selector"]), item["level"]
    plan = frame.outer(level).plan
    slot = plan.slot_named(selector[0])
    if slot is None:
        raise UnreadableJournal(f"A node has written {'.'.join(selector)!r}, which the graph does not have any more.")
    return Ref(slot, selector[1], (), selector, level)


def _place(frame: Frame, node: int) -> list[Any]:
    return [frame.path, frame.plan.nodes[node].id]


def _places(told: Any, core: Core) -> list[tuple[int, int]]:
    return [found(core, _as_path(frame), node_id) for frame, node_id in told]


def _as_path(steps: Any) -> FramePath:
    return tuple((str(container), int(index)) for container, index in steps)


def found(core: Core, path: FramePath, node_id: str | None) -> tuple[int, int]:
    """The frame and the slot of a node. Raises `UnreadableJournal` where the run has no such place now."""
    frame = core.frames.get(ROOT)
    for container, index in path:
        frame = _round(frame, container, index)
    node = None if frame is None or node_id is None else frame.plan.index_of.get(node_id)
    if frame is None or node is None:
        where = "/".join(f"{container}:{index}" for container, index in path)
        raise UnreadableJournal(f"The journal tells of node {node_id!r} at {where or 'the top'!r}, which is not there.")
    return frame.id, node


def _round(frame: Frame | None, container: str, index: int) -> Frame | None:
    node = None if frame is None else frame.plan.index_of.get(container)
    opened = None if frame is None or node is None else frame.containers.get(node)
    return None if opened is None else opened.open.get(index)
