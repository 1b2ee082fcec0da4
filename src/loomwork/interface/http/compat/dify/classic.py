"""The frames of apps without a graph of their own: clients of these know messages and thoughts, no nodes.

What a person is asked, and that a run waits for it, is told as in every other app: Dify has no other word for it.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from loomwork.interface.http.compat.dify.translate import Frame, RunFacts, Translator

CLASSIC_MODES = frozenset({"chat", "agent-chat", "completion"})

_OF_THE_GRAPH = frozenset(
    {"workflow_started", "workflow_finished", "node_started", "node_finished", "node_retry", "reasoning_chunk"}
)


def translator_of(facts: RunFacts, mode: str) -> Translator:
    """The translator for apps of a mode."""
    return ClassicTranslator(facts, is_agent=mode == "agent-chat") if mode in CLASSIC_MODES else Translator(facts)


class ClassicTranslator(Translator):
    """Text of an agent is `agent_message`; each of its turns is an `agent_thought`, told once as the model has had it
    and again, under the same id, with what came of each of its calls.
    """

    def __init__(self, facts: RunFacts, *, is_agent: bool) -> None:
        super().__init__(facts)
        self._is_agent = is_agent
        self._position = 0
        self._thought: Frame = {}
        self._asked_for: dict[str, Any] = {}
        self._observed: dict[str, Any] = {}

    def translate(self, event: Mapping[str, Any]) -> list[Frame]:
        """See `Translator.translate`."""
        return [self._shaped(frame) for frame in super().translate(event) if frame["event"] not in _OF_THE_GRAPH]

    def _shaped(self, frame: Frame) -> Frame:
        if frame["event"] != "message":
            return frame
        del frame["from_variable_selector"]
        return frame | {"event": "agent_message"} if self._is_agent else frame

    def _agent_step(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        match data["kind"]:
            case "thought":
                return [self._thinks(data["output"])]
            case "tool" if self._thought:
                return [self._observes(data)]
            case _:
                return []

    def _thinks(self, output: Mapping[str, Any]) -> Frame:
        """A turn begins. Its calls by the name of their tool, in the order in which the model has asked for them."""
        self._position += 1
        self._asked_for, self._observed = {}, {}
        calls = output.get("calls") or ()
        for call in calls:
            self._asked_for[_free(call["tool"], self._asked_for)] = call["input"]
        names = list(dict.fromkeys(call["tool"] for call in calls))
        self._thought = {
            "id": str(uuid5(NAMESPACE_URL, f"{self._facts.run_id} thought {self._position}")),
            "position": self._position,
            "thought": output.get("text") or "",
            "observation": "",
            "tool": ";".join(names),
            "tool_labels": {name: {"en_US": name} for name in names},
            "tool_input": _json(self._asked_for) if calls else "",
            "message_files": [],
        }
        return self._frame("agent_thought", **self._thought)

    def _observes(self, data: Mapping[str, Any]) -> Frame:
        output = data["output"] if isinstance(data["output"], Mapping) else {"text": data["output"]}
        self._observed[_free(str(data["tool"]), self._observed)] = output.get("text") or ""
        self._thought["observation"] = _json(self._observed)
        return self._frame("agent_thought", **self._thought)


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """The name, with a number where one turn calls the same tool more than once."""
    count = sum(1 for each in taken if each == name or each.startswith(f"{name} #"))
    return name if count == 0 else f"{name} #{count + 1}"


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
