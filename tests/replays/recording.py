"""A recorded run: read, written, and replayed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.apps.application.begin_flow import FlowInput, begin_flow
from loomwork.apps.application.compile_flow import Flow, FlowCompiler
from loomwork.engine import retell
from loomwork.engine.ports import NodeType, Record, RunContext, Turn
from loomwork.engine.variables import File
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import embedded_scope

FOLDER = Path(__file__).parent

TIMES = ("elapsed_ms", "next_at")


@dataclass(frozen=True)
class Recording:
    """One file of the folder. `context` is as `context_of` reads it."""

    tells: str
    document: str
    mocks: Mapping[str, Any]
    context: Mapping[str, Any]
    records: Sequence[str]
    events: Sequence[Mapping[str, Any]]

    def flow(self, types: Mapping[str, NodeType]) -> Flow:
        return FlowCompiler(types).compile(self.document, mocks=self.mocks)

    def told(self) -> list[Record]:
        return [record for text in self.records for record in record_text.decode(text)]

    def replayed(self, types: Mapping[str, NodeType]) -> list[Mapping[str, Any]]:
        """The events that today's code makes of the journal."""
        flow = self.flow(types)
        events = retell(flow.runnable(), context_of(flow, self.context), self.told())
        return [timeless(json.loads(json_text.encode(event.wire()))) for event in events]

    def lived(self) -> list[Mapping[str, Any]]:
        """The events of the run when it was alive, but for its reasoning."""
        return [timeless(event) for event in self.events if event["type"] != "reasoning_chunk"]


def context_of(flow: Flow, written: Mapping[str, Any]) -> RunContext:
    """What a run was started with: `run_id`, `now`, `inputs`, `query`, `files`, `history`, `conversation` (its
    variables) and `origin`.
    """
    asked = FlowInput(
        inputs=written["inputs"],
        query=written["query"],
        files=[File(**item) for item in written["files"]],
        user="somebody",
        conversation_variables=written["conversation"],
        history=[Turn(**turn) for turn in written["history"]],
    )
    now = datetime.fromisoformat(written["now"])
    context = begin_flow(flow, embedded_scope(), RunId(written["run_id"]), asked, (), now=now)
    return replace(context, origin=written["origin"])


def timeless(event: Mapping[str, Any]) -> Mapping[str, Any]:
    data = {name: value for name, value in event["data"].items() if name not in TIMES}
    return {**event, "at": None, "data": data}


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def read_recording(path: Path) -> Recording:
    return Recording(**json.loads(path.read_text(encoding="ascii")))


def write_recording(path: Path, recording: Recording) -> None:
    """Raises `FileExistsError`: what was recorded is never written over."""
    text = json.dumps(asdict(recording), indent=1) + "\n"
    with path.open("x", encoding="ascii") as file:
        file.write(text)
