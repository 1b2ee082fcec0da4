"""Agents that are packed beside the graph, given to the nodes that name them in the form of the first kind.

Format: `agent_packages` of Dify's DSL 0.7, whose `soul` says prompt, model and tools, and the `agent_job` of the node.
A job that declares outputs of its own stays as it is: no release of ours makes these yet.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from loomwork.dsl.graph import ReadGraph, ReadNode
from loomwork.dsl.values import as_flag, as_list, as_mapping, as_text
from loomwork.engine.ports import Problem

_OWN_OUTPUTS = frozenset({"text", "files", "json"})
_MENTION = re.compile(r"\[§\w+:([^§\]]*)§\]")
_LEFT_OUT = {
    "cli_tools": "command line tools",
    "skills": "skills",
    "knowledge": "knowledge",
    "contacts": "people to ask",
}


def with_packed_agents(graph: ReadGraph, packages: Mapping[Any, Any], problems: list[Problem]) -> ReadGraph:
    """The graph with its packed agents as ones that run; what of them cannot be had is reported."""
    return ReadGraph([_unpacked(node, packages, problems) for node in graph.nodes], graph.edges)


def _unpacked(node: ReadNode, packages: Mapping[Any, Any], problems: list[Problem]) -> ReadNode:
    config = node.spec.config
    if node.spec.type != "agent" or config.get("agent_parameters"):
        return node
    package = as_mapping(packages.get(as_text(as_mapping(config.get("agent_binding")).get("package_ref"))))
    soul = as_mapping(package.get("soul"))
    job = as_mapping(config.get("agent_job")) or as_mapping(config.get("agent_task"))
    declared = {as_text(as_mapping(each).get("name")) for each in as_list(job.get("declared_outputs"))}
    if not soul or declared - _OWN_OUTPUTS:
        return node
    _report_left_out(node, soul, problems)
    own = {"agent_strategy_name": "function_calling", "agent_parameters": _parameters(soul, job)}
    spec = dataclasses.replace(node.spec, config={**config, **own})
    return dataclasses.replace(node, spec=spec)


def _parameters(soul: Mapping[Any, Any], job: Mapping[Any, Any]) -> dict[str, Any]:
    model = as_mapping(soul.get("model"))
    settings = {name: value for name, value in as_mapping(model.get("model_settings")).items() if value is not None}
    provider = as_text(model.get("model_provider"))
    chosen = {"provider": provider, "model": as_text(model.get("model")), "completion_params": settings}
    return {
        "model": {"type": "constant", "value": chosen},
        "tools": {"type": "constant", "value": list(_tools(soul))},
        "instruction": {"type": "mixed", "value": _prompt(soul)},
        "query": {"type": "mixed", "value": _task(job)},
    }


def _prompt(soul: Mapping[Any, Any]) -> str:
    """What the editor shows as a chip, a mention of a tool, is its name."""
    written = as_text(as_mapping(soul.get("prompt")).get("system_prompt"))
    return _MENTION.sub(lambda mention: mention[1].rpartition("/")[2].replace("*", "") or mention[1], written)


def _task(job: Mapping[Any, Any]) -> str:
    """What the node asks; outputs of other nodes that it is to look at and does not mention follow by their names."""
    task = as_text(job.get("workflow_prompt"))
    lines = [task] if task.strip() else []
    for ref in map(as_mapping, as_list(job.get("previous_node_output_refs"))):
        path = ".".join(map(as_text, as_list(ref.get("selector"))))
        if path and f"{{{{#{path}#}}}}" not in task:
            lines.append(f"{path}: {{{{#{path}#}}}}")
    return "\n".join(lines)


def _tools(soul: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
    for tool in map(as_mapping, as_list(as_mapping(soul.get("tools")).get("dify_tools"))):
        name = as_text(tool.get("tool_name"))
        given = as_mapping(tool.get("runtime_parameters")) or as_mapping(tool.get("tool_parameters"))
        kind = as_text(tool.get("provider_type"))
        if name:
            yield {
                "type": kind if kind in ("api", "mcp", "workflow") else "builtin",
                "provider_id": _provider(tool),
                "provider_name": as_text(tool.get("provider_name")),
                "tool_name": name,
                "enabled": as_flag(tool.get("enabled", True)),
                "extra": {"description": as_text(tool.get("description"))},
                "parameters": {as_text(key): {"type": "constant", "value": value} for key, value in given.items()},
            }


def _provider(tool: Mapping[Any, Any]) -> str:
    named = as_text(tool.get("provider_id")) or as_text(tool.get("provider"))
    plugin = as_text(tool.get("plugin_id"))
    return f"{plugin}/{named}" if plugin and "/" not in named else named


def _report_left_out(node: ReadNode, soul: Mapping[Any, Any], problems: list[Problem]) -> None:
    tools, knowledge = as_mapping(soul.get("tools")), as_mapping(soul.get("knowledge"))
    found = {
        "cli_tools": tools.get("cli_tools"),
        "skills": as_mapping(soul.get("skills_files")).get("skills") or soul.get("config_skills"),
        "knowledge": knowledge.get("datasets") or knowledge.get("sets"),
        "contacts": as_mapping(soul.get("human")).get("contacts"),
    }
    left_out = [_LEFT_OUT[name] for name, value in found.items() if value]
    whole = [each for each in map(as_mapping, as_list(tools.get("dify_tools"))) if not as_text(each.get("tool_name"))]
    left_out += [f"all tools of '{_provider(each)[:80]}' at once" for each in whole]
    if left_out:
        message = f"The agent of node '{node.spec.title}' works without {', '.join(left_out)}."
        problems.append(Problem("warning", "agent_parts_left_out", message, node.spec.id))
