"""A run that is told again from its journal writes the events that it wrote when it was alive."""

import json
from collections.abc import Sequence
from typing import Any

from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.engine import Plan, retell
from loomwork.engine.events import Event, ReasoningChunk
from loomwork.engine.ports import Batch, RunContext

TIMES = ("elapsed_ms", "next_at")


def check_retelling(plan: Plan, context: RunContext, batches: Sequence[Batch]) -> None:
    """Through the form that records and events have in a database."""
    told = [record for batch in batches for record in record_text.decode(record_text.encode(batch.records))]
    check_told_again(retell(plan, context, told), [event for batch in batches for event in batch.events])


def check_told_again(told: Sequence[Event], lived: Sequence[Event]) -> None:
    """These events, told again, are those, but for thoughts, which no record keeps."""
    again, once = timeless(told), timeless([event for event in lived if not isinstance(event, ReasoningChunk)])
    assert again == once or json.loads(again) == json.loads(once), "a run that is told again tells something else"


def timeless(events: Sequence[Event]) -> str:
    """Events as a client gets them, without the times in them."""
    return json_text.encode([_timeless(event.wire()) for event in events])


def _timeless(wire: dict[str, Any]) -> Any:
    data = {name: value for name, value in wire["data"].items() if name not in TIMES}
    return {**wire, "at": None, "data": data}
