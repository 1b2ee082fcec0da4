"""Write down how a run stands when it ends or rests: its row, its message, and the variables that it wrote."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loomwork.apps.domain import NodeState, Run
from loomwork.apps.ports import RunStore
from loomwork.conversations.api import ConversationStore
from loomwork.engine import RunResult
from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope


@dataclass(frozen=True, slots=True)
class RunWriter:
    """What writing a run down needs."""

    runs: RunStore
    conversations: ConversationStore
    clock: Clock

    async def __call__(self, scope: Scope, run: Run, result: RunResult, *, epoch: int) -> None:
        """Raises `LeaseLost` where the run is advanced under another epoch by now."""
        # Before the row says that the run has ended: whoever asks on after that reads what it wrote.
        await self._keep_variables(scope, run, result.written.get("conversation", {}))
        await self.runs.save(scope, self._written(run, result), epoch=epoch)
        if run.message_id is not None:
            # Of a turn that was stopped, too: who goes on with the conversation has read that much.
            answer = result.answer or result.said
            await self.conversations.finish_message(
                scope, run.message_id, answer=answer, status=result.status, usage=result.usage
            )

    def _written(self, run: Run, result: RunResult) -> Run:
        return dataclasses.replace(
            run,
            status=result.status,  # type: ignore[arg-type]  # a fold at its end, or at rest, holds a run status
            outputs=result.outputs,
            answer=result.answer,
            error=result.error,
            usage=result.usage,
            elapsed_ms=result.elapsed_ms,
            finished_at=None if result.status == "paused" else self.clock.now(),
            wakes_at=_moment(result.wakes_at),
            nodes={
                node_id: NodeState(node.status, node.outputs, node.error, node.elapsed_ms, node.runs)
                for node_id, node in result.nodes.items()
            },
        )

    async def _keep_variables(self, scope: Scope, run: Run, written: Mapping[str, Any]) -> None:
        """The conversation's variables that the run wrote; a turn beside it may have written others meanwhile."""
        if written and run.conversation_id is not None:
            await self.conversations.merge_variables(scope, run.conversation_id, written)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
