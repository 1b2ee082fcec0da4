"""ReAct: the model writes its thoughts and its calls as text, and is told what came of them as text."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.engine.variables import MISSING
from loomwork.model_gateway.api import Message, Tool, ToolCall
from loomwork.nodes.model_json import find_json

STOP = "Observation:"
FINAL = "Final Answer:"
_ACTION = re.compile(r"^[ \t]*Action:", re.MULTILINE)
_FINAL = re.compile(r"^[ \t]*Final Answer:[ \t]*", re.MULTILINE)


def instructions(tools: Sequence[Tool]) -> str:
    """How the model is to write, and with what."""
    described = "\n".join(_described(tool) for tool in tools) or "(none)"
    return (
        f"You can use these tools:\n{described}\n\n"
        "Write in exactly this form:\n"
        "Thought: what you have to find out, or why you can answer\n"
        'Action: {"action": "<name of the tool>", "action_input": {<its arguments>}}\n'
        f"{STOP} (the result is written here for you; never write it yourself)\n"
        "... and so on, as often as needed, and at the end\n"
        "Thought: I can answer now\n"
        f"{FINAL} your answer to the question"
    )


def _described(tool: Tool) -> str:
    words = " ".join(tool.description.split())
    return f"- {tool.name}: {words} Arguments (JSON Schema): {json.dumps(tool.parameters, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Written:
    """What a turn says: the answer, or the call that it asks for."""

    answer: str
    call: ToolCall | None = None


def read(text: str, call_id: str) -> Written:
    """A turn as it was written. One that keeps to no form is an answer."""
    text = text.partition(STOP)[0]
    final, action = _FINAL.search(text), _ACTION.search(text)
    if action is not None and (final is None or action.start() < final.start()):
        found = find_json(text[action.end() :])
        if isinstance(found, list) and found:
            found = found[0]
        name = found.get("action") if found is not MISSING and isinstance(found, dict) else None
        if isinstance(name, str) and name.strip().lower() == "final answer":
            return Written(str(found.get("action_input", "")))
        if isinstance(name, str):
            return Written("", ToolCall(call_id, name.strip(), _arguments(found.get("action_input"))))
    return Written(text[final.end() :].strip() if final else _unprefixed(text))


def _arguments(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value if value is not None else {}, ensure_ascii=False)


def _unprefixed(text: str) -> str:
    return text.strip().removeprefix("Thought:").strip()


def as_text(messages: Sequence[Message]) -> list[Message]:
    """The conversation without tool calls: results are observations."""
    said: list[Message] = []
    for message in messages:
        if message.role == "tool":
            said.append(Message("user", f"{STOP} {message.text}"))
        else:
            said.append(Message(message.role, message.text, message.images))
    return said


class FinalAnswer:
    """Lets through what follows `Final Answer:`, as it comes."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self.said = False

    def feed(self, text: str) -> str:
        """What of the text may be shown now."""
        if not self._begun:
            self._held += text
            found = _FINAL.search(self._held)
            action = _ACTION.search(self._held)
            if found is None or (action is not None and action.start() < found.start()):
                return ""
            self._begun, text, self._held = True, self._held[found.end() :], ""
        text = text if self.said else text.lstrip()
        self.said = self.said or bool(text)
        return text
