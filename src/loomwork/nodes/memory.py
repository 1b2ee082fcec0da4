"""What a model remembers of the conversation."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator

from loomwork.engine.ports import Turn
from loomwork.model_gateway.api import Message
from loomwork.nodes.config import NodeConfig, Text

MAX_TURNS = 50
MAX_CHARACTERS = 32_000
"""Of earlier turns, where the window does not say less: what does not fit is forgotten, oldest first."""

DEFAULT_QUERY = "{{#sys.query#}}"


def _turns(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None


class WindowConfig(NodeConfig):
    """`size` counts turns (a query and its answer)."""

    enabled: bool = False
    size: Annotated[int | None, BeforeValidator(_turns)] = None


class RolePrefix(NodeConfig):
    user: Text = ""
    assistant: Text = ""


class MemoryConfig(NodeConfig):
    """Its presence in a document switches memory on, unless it says `enabled: false`."""

    enabled: bool = True
    window: WindowConfig = WindowConfig()
    query_prompt_template: Text = ""
    role_prefix: RolePrefix = RolePrefix()


def recent_turns(history: Sequence[Turn], memory: MemoryConfig) -> list[Turn]:
    """The newest turns that the window lets through, oldest first."""
    window = memory.window
    limit = MAX_TURNS if not window.enabled or window.size is None else min(window.size, MAX_TURNS)
    kept: list[Turn] = []
    budget = MAX_CHARACTERS
    for turn in reversed(history[len(history) - min(limit, len(history)) :]):
        budget -= len(turn.query) + len(turn.answer)
        if budget < 0:
            break
        kept.append(turn)
    return kept[::-1]


def as_messages(turns: Sequence[Turn]) -> list[Message]:
    """Turns as a chat; an empty side is left out."""
    messages = []
    for turn in turns:
        if turn.query:
            messages.append(Message("user", turn.query))
        if turn.answer:
            messages.append(Message("assistant", turn.answer))
    return messages


def as_text(turns: Sequence[Turn], prefix: RolePrefix) -> str:
    """Turns as the text of a completion prompt, each side under its name."""
    user, assistant = prefix.user or "Human", prefix.assistant or "Assistant"
    return "\n".join(f"{user}: {turn.query}\n{assistant}: {turn.answer}" for turn in turns)
