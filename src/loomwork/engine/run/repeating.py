"""Begin a run that repeats another: with its namespaces and history, and with its results wherever they are to stand in
for nodes that shall not run again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from loomwork.engine.graph.plan import Plan, PlanNode
from loomwork.engine.ports import Batch, Record, RunContext
from loomwork.engine.run.core import ROOT
from loomwork.engine.run.frames import Frame, Mark
from loomwork.engine.run.records import Beginning, Told, beginning
from loomwork.engine.run.retelling import retell, told_core

TOP = ""
"""The path of the outermost frame, as records have it."""


def nodes_after(plan: Plan, node_id: str) -> set[str]:
    """The ids of a top-level node and of all that its edges lead to."""
    found: set[int] = set()
    stack = [plan.index_of[node_id]]
    while stack:
        index = stack.pop()
        if index not in found:
            found.add(index)
            stack.extend(target for _, targets in plan.nodes[index].exits for target in targets)
    return {plan.nodes[index].id for index in found}


def results_of(plan: Plan, context: RunContext, records: Sequence[Record]) -> dict[str, Told]:
    """What each top-level node left that came to its end: its result, or the failure that its error strategy stood in
    for. Raises `UnreadableJournal`.
    """
    if not records:
        return {}
    core = told_core(plan, context, records)
    frame = core.frames[ROOT]
    last = {record.node_id: record for record in records if record.frame == TOP and record.kind == "succeeded"}
    writes = _writes_inside(records)
    results: dict[str, Told] = {}
    for node in plan.nodes:
        if frame.marks[node.index] is not Mark.DONE:
            continue
        record = last.get(node.id)
        if record is not None:
            results[node.id] = "succeeded", _with_writes(record.data, writes.get(node.id))
        elif node.strategy is not None:
            results[node.id] = _failure(frame, node)
    return results


def edited_result(stored: Told | None, outputs: Mapping[str, Any], handle: str | None) -> Told:
    """A result with other outputs in the place of those it has; it leaves by `handle`, or as it did."""
    data: dict[str, Any] = {"outputs": {}, "elapsed_ms": 0.0}
    if stored is not None and stored[0] == "succeeded":
        data = dict(stored[1])
    data["outputs"] = {**data["outputs"], **outputs}
    if handle is not None:
        data["handle"] = handle
    return "succeeded", data


def begin_again(plan: Plan, context: RunContext, records: Sequence[Record], reused: Mapping[str, Told]) -> Batch:
    """The first batch of the run that `context` is made for. It takes over the namespaces and the history of the run
    that the records are of, but not its id. `reused` are results by top-level node.
    """
    root = plan.nodes[plan.root_named(None)].id
    if records:
        began = beginning(records[0], context)
        root, context = began.root, replace(began.context, namespaces=_own(began.context))
    results = {(TOP, node_id): told for node_id, told in reused.items()}
    first = Beginning(root, context, results).record()
    return Batch([first], retell(plan, context, [first]))


def _own(context: RunContext) -> Mapping[str, Mapping[str, Any]]:
    system = context.namespaces.get("sys", {})
    return {**context.namespaces, "sys": {**system, "workflow_run_id": context.run_id}}


def _failure(frame: Frame, node: PlanNode) -> Told:
    """A node, or a container, whose failure its error strategy has handled."""
    outputs = frame.values[node.index] or {}
    error = {"code": str(outputs.get("error_type", "")), "message": str(outputs.get("error_message", ""))}
    return "failed", {"error": error, "retryable": False, "elapsed_ms": 0.0}


def _writes_inside(records: Sequence[Record]) -> dict[str, list[Mapping[str, Any]]]:
    """The variables of the run itself that nodes inside each top-level container wrote, the last value of each, as
    writes of the container.
    """
    found: dict[str, dict[tuple[str, ...], Mapping[str, Any]]] = {}
    for record in records:
        if record.frame == TOP or record.kind != "succeeded":
            continue
        path = _path(record)
        for write in record.data.get("writes", ()):
            if write["level"] == len(path):
                selector = tuple(write["selector"])
                found.setdefault(path[0], {})[selector] = {**write, "level": 0}
    return {container: list(writes.values()) for container, writes in found.items()}


def _path(record: Record) -> list[str]:
    """The containers around a record's node, outermost first."""
    return [str(step[0]) for step in json.loads(record.frame)]


def _with_writes(data: Mapping[str, Any], writes: Sequence[Mapping[str, Any]] | None) -> Mapping[str, Any]:
    return data if not writes else {**data, "writes": [*writes, *data.get("writes", ())]}
