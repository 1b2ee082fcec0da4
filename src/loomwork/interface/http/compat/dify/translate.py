"""From our events to the frames that Dify's clients know. Pure: the same events always give the same frames.

A translator remembers what earlier events said (titles, inputs, counts), so a stream that is resumed is translated from
its first event on, and the frames that the client has already are left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from loomwork.engine.events import is_taken_back
from loomwork.engine.variables.files import FILE_MARK
from loomwork.interface.http.compat.dify.errors import run_error
from loomwork.interface.http.compat.dify.form_tokens import FormPlace, form_token
from loomwork.interface.http.compat.dify.forms import form_of
from loomwork.kernel.ids import RunId
from loomwork.nodes.api import filled_form

Frame = dict[str, Any]
_Place = tuple[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What every frame of a run repeats. Times in whole seconds since 1970. `conversation_id` and `message_id` are set
    for a chat, and make the frames those of a chat.
    """

    run_id: str
    workflow_id: str
    created_at: int
    end_user: str
    conversation_id: str | None = None
    message_id: str | None = None
    signing_key: bytes = field(default=b"", repr=False)

    @property
    def is_chat(self) -> bool:
        return self.message_id is not None


def workflow_id_of(app_id: str, version: int | None) -> str:
    """Dify gives every version of a workflow an id; ours follows from app and number."""
    try:
        return str(uuid5(UUID(app_id), f"version {version}"))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"{app_id} version {version}"))


def usage_of(usage: Mapping[str, Any], elapsed: float) -> dict[str, Any]:
    """A run's usage as the `usage` of a message. Prices are 0 where none is known."""
    prompt = int(usage.get("prompt_tokens") or 0)
    completion = int(usage.get("completion_tokens") or 0)
    return {
        "prompt_tokens": prompt,
        "prompt_unit_price": "0",
        "prompt_price_unit": "0",
        "prompt_price": "0",
        "completion_tokens": completion,
        "completion_unit_price": "0",
        "completion_price_unit": "0",
        "completion_price": "0",
        "total_tokens": tokens_of(usage),
        "total_price": str(usage.get("total_price") or "0"),
        "currency": str(usage.get("currency") or "USD"),
        "latency": round(elapsed, 6),
    }


def tokens_of(usage: Mapping[str, Any] | None) -> int:
    """All tokens of a usage, 0 where none were counted."""
    usage = usage or {}
    total = usage.get("total_tokens")
    return int(total) if total else int(usage.get("prompt_tokens") or 0) + int(usage.get("completion_tokens") or 0)


def files_of(outputs: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The files among outputs, those in lists included."""
    found: list[Mapping[str, Any]] = []
    for value in (outputs or {}).values():
        items = value if isinstance(value, list) else [value]
        found += [item for item in items if isinstance(item, Mapping) and item.get("dify_model_identity") == FILE_MARK]
    return found


@dataclass(slots=True)
class _Execution:
    """One execution of a node, between its start and its end."""

    id: str
    node_id: str
    node_type: str
    title: str
    index: int
    inputs: Mapping[str, Any]
    created_at: int
    iteration_id: str | None
    loop_id: str | None

    def started(self) -> Frame:
        return {
            "id": self.id,
            "node_id": self.node_id,
            "node_type": self.node_type,
            "title": self.title,
            "index": self.index,
            "predecessor_node_id": None,
            "inputs": self.inputs,
            "inputs_truncated": False,
            "created_at": self.created_at,
            "extras": {},
            "iteration_id": self.iteration_id,
            "loop_id": self.loop_id,
        }


class Translator:
    """Takes a run's events one by one, in order, from the first."""

    def __init__(self, facts: RunFacts) -> None:
        self._facts = facts
        self._open: dict[_Place, _Execution] = {}
        self._node_types: dict[str, str] = {}
        self._steps = 0
        self._tokens = 0
        self._exceptions = 0
        self._said: list[Mapping[str, Any]] = []
        self._inputs: Mapping[str, Any] = {}
        self._asked: dict[_Place, Frame] = {}
        self._forms: dict[_Place, Mapping[str, Any]] = {}
        self._translations: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], list[Frame]]] = {
            **dict.fromkeys(("iteration_started", "loop_started"), self._rounds_started),
            **dict.fromkeys(("iteration_next", "loop_next"), self._rounds_next),
            **dict.fromkeys(
                ("iteration_succeeded", "iteration_failed", "loop_succeeded", "loop_failed"), self._rounds_completed
            ),
            "run_started": self._run_started,
            "input_required": self._input_required,
            "input_received": self._input_received,
            "run_paused": self._run_paused,
            "run_resumed": self._run_resumed,
            "node_started": self._node_started,
            "node_retrying": self._node_retrying,
            "node_succeeded": self._node_succeeded,
            "node_failed": self._node_failed,
            "text_chunk": self._text_chunk,
            "reasoning_chunk": self._reasoning_chunk,
            "agent_step": self._agent_step,
            "run_succeeded": self._run_succeeded,
            "run_partially_succeeded": self._run_succeeded,
            "run_failed": self._run_failed,
            "run_stopped": self._run_stopped,
        }

    def translate(self, event: Mapping[str, Any]) -> list[Frame]:
        """The frames that tell of one event: none for what Dify's clients have no word for, several at the end."""
        translation = self._translations.get(event["type"])
        return translation(event, event["data"]) if translation else []

    def _frame(self, name: str, **fields: Any) -> Frame:
        facts = self._facts
        frame: Frame = {"event": name, "task_id": facts.run_id}
        if facts.is_chat:
            frame["conversation_id"] = facts.conversation_id
            frame["message_id"] = facts.message_id
            frame["created_at"] = facts.created_at
        return frame | fields

    def _workflow_frame(self, name: str, data: Mapping[str, Any]) -> Frame:
        return self._frame(name, workflow_run_id=self._facts.run_id, data=data)

    def _time(self, event: Mapping[str, Any]) -> int:
        return self._facts.created_at + int(event["at"])

    @property
    def text(self) -> str:
        """What was said so far and still stands."""
        return "".join(chunk["data"]["text"] for chunk in self._said)

    def _run_started(self, _event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        self._inputs = data["inputs"]
        return [self._workflow_started("initial")]

    def _run_resumed(self, _event: Mapping[str, Any], _data: Mapping[str, Any]) -> list[Frame]:
        return [self._workflow_started("resumption")]

    def _workflow_started(self, reason: str) -> Frame:
        started = {
            "id": self._facts.run_id,
            "workflow_id": self._facts.workflow_id,
            "inputs": self._inputs,
            "created_at": self._facts.created_at,
            "reason": reason,
        }
        return self._workflow_frame("workflow_started", started)

    def _input_required(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        facts, place = self._facts, _place(event)
        token = form_token(FormPlace(RunId(facts.run_id), *place), facts.signing_key)
        self._asked[place] = form = {
            "form_id": str(uuid5(NAMESPACE_URL, f"{facts.run_id} form {event['seq']}")),
            "node_id": event["node_id"],
            "node_title": self._open[place].title,
            **form_of(data["form"], data["actions"], data["expires_at"]),
            "display_in_ui": True,
            "form_token": token,
        }
        self._forms[place] = data["form"]
        return [self._workflow_frame("human_input_required", form)]

    def _input_received(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        place = _place(event)
        asked, form = self._asked.pop(place), self._forms.pop(place)
        facts = {"node_id": asked["node_id"], "node_title": asked["node_title"]}
        if data["action"] is None:
            over = facts | {"expiration_time": asked["expiration_time"]}
            return [self._workflow_frame("human_input_form_timeout", over)]
        titles = {action["id"]: action["title"] for action in asked["actions"]}
        filled = facts | {
            "rendered_content": filled_form(asked["form_content"], form.get("fields") or (), data["values"]),
            "action_id": data["action"],
            "action_text": titles.get(data["action"], ""),
            "submitted_data": data["values"],
        }
        return [self._workflow_frame("human_input_form_filled", filled)]

    def _run_paused(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        paused = {
            "workflow_run_id": self._facts.run_id,
            "paused_nodes": [reason["node_id"] for reason in data["reasons"] if reason["type"] == "input"],
            "outputs": {},
            "reasons": [self._reason(reason) for reason in data["reasons"]],
            "status": "paused",
            "created_at": self._facts.created_at,
            "elapsed_time": event["at"],
            "total_tokens": self._tokens,
            "total_steps": self._steps,
        }
        return [self._workflow_frame("workflow_paused", paused)]

    def _reason(self, reason: Mapping[str, Any]) -> Frame:
        if reason["type"] == "input":
            return {"TYPE": "human_input_required", **self._asked[_place(reason)]}
        return {"TYPE": "scheduled_pause", "message": f"Paused by {reason['by']}."}

    def _node_started(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        place = _place(event)
        self._node_types[event["node_id"]] = data["node_type"]
        if place in self._open:
            # A retry: Dify tells of it by `node_retry` alone.
            self._open[place].inputs = data["inputs"]
            return []
        self._open[place] = execution = self._execution(event, data)
        return [self._workflow_frame("node_started", execution.started())]

    def _execution(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> _Execution:
        self._steps += 1
        container = event["frame"][-1][0] if event["frame"] else None
        container_type = self._node_types.get(container or "")
        return _Execution(
            id=str(uuid5(NAMESPACE_URL, f"{self._facts.run_id} node execution {event['seq']}")),
            node_id=event["node_id"],
            node_type=data["node_type"],
            title=data["title"],
            index=self._steps,
            inputs=data["inputs"],
            created_at=self._time(event),
            iteration_id=container if container_type == "iteration" else None,
            loop_id=container if container_type == "loop" else None,
        )

    def _node_succeeded(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        self._tokens += tokens_of(data["usage"])
        return self._node_finished(event, "succeeded", outputs=data["outputs"], data=data)

    def _node_failed(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        if not data.get("handled"):
            return self._node_finished(event, "failed", outputs=data.get("outputs"), data=data)
        self._exceptions += 1
        return self._node_finished(event, "exception", outputs=data.get("outputs"), data=data)

    def _node_finished(
        self, event: Mapping[str, Any], status: str, *, outputs: Mapping[str, Any] | None, data: Mapping[str, Any]
    ) -> list[Frame]:
        execution = self._open.pop(_place(event), None)
        if execution is None:
            return []
        return [self._workflow_frame("node_finished", self._finished(execution, event, status, outputs, data))]

    def _finished(
        self,
        execution: _Execution,
        event: Mapping[str, Any],
        status: str,
        outputs: Mapping[str, Any] | None,
        data: Mapping[str, Any],
    ) -> Frame:
        usage = data.get("usage") or {}
        return execution.started() | {
            "process_data": {},
            "process_data_truncated": False,
            "outputs": outputs or {},
            "outputs_truncated": False,
            "status": status,
            "error": (data.get("error") or {}).get("message"),
            "elapsed_time": round((data.get("elapsed_ms") or 0.0) / 1000, 6),
            "execution_metadata": {
                "total_tokens": tokens_of(usage),
                "total_price": str(usage.get("total_price") or "0"),
                "currency": str(usage.get("currency") or "USD"),
            },
            "finished_at": self._time(event),
            "files": files_of(outputs),
        }

    def _rounds_started(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        rounds = self._rounds(event)
        return [self._workflow_frame(event["type"], rounds | {"metadata": _rounds_metadata(event, data)})]

    def _rounds_next(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        rounds = self._rounds(event)
        return [self._workflow_frame(event["type"], rounds | {"index": data["index"], "pre_loop_output": None})]

    def _rounds_completed(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        """Dify has one word for both ends; `status` tells them apart."""
        family, _, ending = event["type"].partition("_")
        rounds = self._rounds(event)
        completed = rounds | {
            "outputs": data["outputs"] or {},
            "outputs_truncated": False,
            "metadata": _rounds_metadata(event, data),
            "steps": data["index"] or 0,
            "status": ending,
            "error": None,
            "elapsed_time": self._time(event) - rounds["created_at"],
            "total_tokens": 0,
            "finished_at": self._time(event),
        }
        return [self._workflow_frame(f"{family}_completed", completed)]

    def _rounds(self, event: Mapping[str, Any]) -> Frame:
        """What every frame of a container's rounds repeats."""
        execution = self._open[_place(event)]
        return {
            "id": execution.id,
            "node_id": execution.node_id,
            "node_type": execution.node_type,
            "title": execution.title,
            "created_at": execution.created_at,
            "extras": {},
            "inputs": execution.inputs,
            "inputs_truncated": False,
        }

    def _node_retrying(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        frames: list[Frame] = []
        execution = self._open.get(_place(event))
        if execution is not None:
            retry = self._finished(execution, event, "retry", None, data) | {"retry_index": data["attempt"]}
            frames.append(self._workflow_frame("node_retry", retry))
        if data.get("discard_from") is not None:
            frames.append(self._forget(event))
        return frames

    def _forget(self, retrying: Mapping[str, Any]) -> Frame:
        """Replace what was said by what still stands, once a node that was cut off begins anew."""
        self._said = [chunk for chunk in self._said if not is_taken_back(chunk, retrying)]
        text = self.text
        if self._facts.is_chat:
            return self._frame("message_replace", answer=text, reason="resumed")
        return self._workflow_frame("text_replace", {"text": text})

    def _text_chunk(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        selector = data["from"]
        self._said.append(event)
        if self._facts.is_chat:
            message_id = self._facts.message_id
            return [self._frame("message", id=message_id, answer=data["text"], from_variable_selector=selector)]
        chunk = {"text": data["text"], "from_variable_selector": selector}
        return [self._workflow_frame("text_chunk", chunk)]

    def _reasoning_chunk(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        chunk = {
            "message_id": self._facts.message_id,
            "node_id": event["node_id"],
            "reasoning": data["text"],
            "text": data["text"],
            "from_variable_selector": data["from"],
            "is_final": False,
        }
        return [self._workflow_frame("reasoning_chunk", chunk)]

    def _agent_step(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        """An `agent_log`: of the step's kind, or of the tool that it called."""
        output = data["output"] if isinstance(data["output"], dict) else {"text": data["output"]}
        execution = self._open.get(_place(event))
        failed = bool(output.get("failed"))
        log = {
            "node_execution_id": None if execution is None else execution.id,
            "id": str(uuid5(NAMESPACE_URL, f"{self._facts.run_id} agent step {event['seq']}")),
            "label": f"CALL {data['tool']}" if data["kind"] == "tool" else data["kind"].upper(),
            "parent_id": None,
            "error": output.get("text") if failed else None,
            "status": "error" if failed else "success",
            "data": {"input": data["input"], "output": output},
            "metadata": {"step": data["step"]},
            "node_id": event["node_id"],
        }
        return [self._workflow_frame("agent_log", log)]

    def _run_succeeded(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        partial = event["type"] == "run_partially_succeeded"
        finished = self._workflow_finished(
            event,
            "partial-succeeded" if partial else "succeeded",
            outputs=data["outputs"],
            tokens=tokens_of(data["usage"]) or self._tokens,
        )
        return [*self._message_end(event, data), finished]

    def _run_stopped(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        finished = self._workflow_finished(event, "stopped", error=f"Stopped by {data['by']}.")
        return [*self._message_end(event, {}), finished]

    def _run_failed(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        message = data["error"].get("message", "")
        finished = self._workflow_finished(event, "failed", error=message)
        if not self._facts.is_chat:
            return [finished]
        status, code = run_error(data["error"].get("code", ""))
        return [finished, self._frame("error", status=status, code=code, message=message)]

    def _message_end(self, event: Mapping[str, Any], data: Mapping[str, Any]) -> list[Frame]:
        if not self._facts.is_chat:
            return []
        usage = data.get("usage") or {"total_tokens": self._tokens}
        metadata: Frame = {"usage": usage_of(usage, event["at"]), "retriever_resources": [], "annotation_reply": None}
        files = files_of(data.get("outputs"))
        return [self._frame("message_end", id=self._facts.message_id, metadata=metadata, files=files)]

    def _workflow_finished(
        self,
        event: Mapping[str, Any],
        status: str,
        *,
        outputs: Mapping[str, Any] | None = None,
        error: str | None = None,
        tokens: int | None = None,
    ) -> Frame:
        finished = {
            "id": self._facts.run_id,
            "workflow_id": self._facts.workflow_id,
            "status": status,
            "outputs": outputs or {},
            "error": error,
            "elapsed_time": event["at"],
            "total_tokens": self._tokens if tokens is None else tokens,
            "total_steps": self._steps,
            "created_by": {"id": self._facts.end_user, "user": self._facts.end_user},
            "created_at": self._facts.created_at,
            "finished_at": self._time(event),
            "exceptions_count": self._exceptions,
            "files": files_of(outputs),
        }
        return self._workflow_frame("workflow_finished", finished)


def _rounds_metadata(event: Mapping[str, Any], data: Mapping[str, Any]) -> Frame:
    family = event["type"].partition("_")[0]
    return {f"{family}_length": data["length"]}


def _place(event: Mapping[str, Any]) -> _Place:
    return event["node_id"], tuple((step[0], step[1]) for step in event["frame"])
