"""Event by event: what Dify's clients are told."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from loomwork.engine.events import (
    AgentStep,
    Event,
    IterationNext,
    IterationStarted,
    IterationSucceeded,
    LoopFailed,
    NodeFailed,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    ReasoningChunk,
    RunFailed,
    RunPartiallySucceeded,
    RunStarted,
    RunStopped,
    RunSucceeded,
    TextChunk,
)
from loomwork.interface.http.compat.dify.classic import translator_of
from loomwork.interface.http.compat.dify.translate import (
    Frame,
    RunFacts,
    files_of,
    tokens_of,
    workflow_id_of,
)

WORKFLOW = RunFacts("run-1", "workflow-1", 1000, "ann")
CHAT = RunFacts("run-1", "workflow-1", 1000, "ann", "talk-1", "message-1")
CHAT_HEAD = {"task_id": "run-1", "conversation_id": "talk-1", "message_id": "message-1", "created_at": 1000}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def tell(facts: RunFacts, *events: Event, mode: str = "workflow") -> list[list[Frame]]:
    """The frames of each event, the events numbered and a second apart."""
    translator = translator_of(facts, mode)
    frames = []
    for seq, event in enumerate(events, 1):
        event.seq, event.at = seq, float(seq)
        frames.append(translator.translate(event.wire()))
    return frames


def started(node_id: str = "llm", node_type: str = "llm", **place: Any) -> NodeStarted:
    return NodeStarted("A model", node_type, {"q": "hi"}, node_id=node_id, **place)


def the_last(frames: list[list[Frame]]) -> Frame:
    return frames[-1][-1]


def test_the_start_of_a_workflow_run() -> None:
    assert tell(WORKFLOW, RunStarted({"x": 1}, "app", 2)) == [
        [
            {
                "event": "workflow_started",
                "task_id": "run-1",
                "workflow_run_id": "run-1",
                "data": {
                    "id": "run-1",
                    "workflow_id": "workflow-1",
                    "inputs": {"x": 1},
                    "created_at": 1000,
                    "reason": "initial",
                },
            }
        ]
    ]


def test_chat_frames_name_their_conversation_and_message() -> None:
    frame = the_last(tell(CHAT, RunStarted({}, "app", 2)))
    assert CHAT_HEAD.items() <= frame.items()


def test_a_node_starts_and_succeeds_as_one_execution() -> None:
    begin, end = tell(WORKFLOW, started(), NodeSucceeded({"text": "yo"}, USAGE, 1500.0, node_id="llm"))
    assert (begin[0]["event"], end[0]["event"]) == ("node_started", "node_finished")
    start, finish = begin[0]["data"], end[0]["data"]
    assert start == {
        "id": start["id"],
        "node_id": "llm",
        "node_type": "llm",
        "title": "A model",
        "index": 1,
        "predecessor_node_id": None,
        "inputs": {"q": "hi"},
        "inputs_truncated": False,
        "created_at": 1001,
        "extras": {},
        "iteration_id": None,
        "loop_id": None,
    }
    assert finish == start | {
        "process_data": {},
        "process_data_truncated": False,
        "outputs": {"text": "yo"},
        "outputs_truncated": False,
        "status": "succeeded",
        "error": None,
        "elapsed_time": 1.5,
        "execution_metadata": {"total_tokens": 7, "total_price": "0", "currency": "USD"},
        "finished_at": 1002,
        "files": [],
    }


def test_each_execution_has_its_own_index_and_id() -> None:
    frames = tell(WORKFLOW, started("a"), started("b"))
    first, second = frames[0][0]["data"], frames[1][0]["data"]
    assert (first["index"], second["index"]) == (1, 2)
    assert first["id"] != second["id"]


def test_the_same_events_always_give_the_same_frames() -> None:
    assert tell(WORKFLOW, started(), started("b")) == tell(WORKFLOW, started(), started("b"))


def test_a_node_inside_a_container_names_it() -> None:
    inside = started("child", "code", frame=(("outer", 0), ("box", 2)))
    for kind, key in (("iteration", "iteration_id"), ("loop", "loop_id")):
        frames = tell(WORKFLOW, started("box", kind), inside)
        assert the_last(frames)["data"][key] == "box"


def test_rounds_of_a_container_do_not_mix() -> None:
    frames = tell(
        WORKFLOW,
        started("child", frame=(("box", 0),)),
        started("child", frame=(("box", 1),)),
        NodeSucceeded({"n": 1}, None, 1.0, node_id="child", frame=(("box", 1),)),
    )
    assert the_last(frames)["data"]["id"] == frames[1][0]["data"]["id"]


def test_the_rounds_of_an_iteration_are_told_in_order() -> None:
    frames = tell(
        WORKFLOW,
        started("each", "iteration"),
        IterationStarted(None, 2, node_id="each"),
        IterationNext(0, 2, node_id="each"),
        IterationSucceeded(2, 2, {"output": ["a", "b"]}, node_id="each"),
    )
    told = [frame for event in frames for frame in event]
    assert [frame["event"] for frame in told] == [
        "node_started",
        "iteration_started",
        "iteration_next",
        "iteration_completed",
    ]
    assert {frame["data"]["id"] for frame in told} == {told[0]["data"]["id"]}
    assert told[1]["data"]["metadata"] == {"iteration_length": 2}
    assert told[2]["data"]["index"] == 0
    done = told[3]["data"]
    assert (done["status"], done["steps"], done["outputs"]) == ("succeeded", 2, {"output": ["a", "b"]})
    assert done["elapsed_time"] == 3


def test_a_loop_that_fails_is_completed_as_failed() -> None:
    frames = tell(WORKFLOW, started("again", "loop"), LoopFailed(1, 10, node_id="again"))
    assert the_last(frames)["event"] == "loop_completed"
    assert the_last(frames)["data"]["status"] == "failed"


def test_a_node_that_fails_for_good() -> None:
    error = {"code": "model_refused", "message": "No."}
    data = the_last(tell(WORKFLOW, started(), NodeFailed(error, 1, 20.0, node_id="llm")))["data"]
    assert (data["status"], data["error"], data["outputs"]) == ("failed", "No.", {})


@pytest.mark.parametrize("handled", ["fail-branch", "default-value"])
def test_a_failure_that_the_app_handles_is_an_exception(handled: str) -> None:
    outputs = {"error_message": "No.", "error_type": "model_refused"}
    failed = NodeFailed({"code": "x", "message": "No."}, 1, 20.0, handled=handled, outputs=outputs, node_id="llm")
    frames = tell(WORKFLOW, started(), failed, RunPartiallySucceeded({"x": 1}, None, {}))
    assert frames[1][0]["data"]["status"] == "exception"
    assert frames[1][0]["data"]["outputs"] == outputs
    assert the_last(frames)["data"]["status"] == "partial-succeeded"
    assert the_last(frames)["data"]["exceptions_count"] == 1


def test_a_retry_is_one_execution_told_by_node_retry() -> None:
    retry = NodeRetrying({"code": "x", "message": "Busy."}, 1, 3.0, node_id="llm")
    frames = tell(WORKFLOW, started(), retry, started(), NodeSucceeded({}, None, 1.0, node_id="llm"))
    assert [[frame["event"] for frame in group] for group in frames] == [
        ["node_started"], ["node_retry"], [], ["node_finished"],
    ]  # fmt: skip
    data = frames[1][0]["data"]
    assert (data["retry_index"], data["status"], data["error"]) == (1, "retry", "Busy.")
    assert frames[3][0]["data"]["id"] == frames[0][0]["data"]["id"]


@pytest.mark.parametrize("facts", [WORKFLOW, CHAT])
def test_after_a_crash_the_text_that_was_lost_is_taken_back(facts: RunFacts) -> None:
    resumed = NodeRetrying(None, 1, 9.0, reason="resumed", discard_from=3, node_id="b")
    frames = tell(
        facts,
        TextChunk("kept ", ("a", "text"), node_id="a"),
        TextChunk("kept too ", ("b", "text"), node_id="b"),
        TextChunk("lost ", ("b", "text"), node_id="b"),
        TextChunk("and kept", ("a", "text"), node_id="a"),
        resumed,
    )
    frame = the_last(frames)
    text = frame["answer"] if facts is CHAT else frame["data"]["text"]
    assert frame["event"] == ("message_replace" if facts is CHAT else "text_replace")
    assert text == "kept kept too and kept"


def test_text_of_a_workflow() -> None:
    frame = the_last(tell(WORKFLOW, TextChunk("Hi", ("llm", "text"), node_id="llm")))
    assert frame["event"] == "text_chunk"
    assert frame["data"] == {"text": "Hi", "from_variable_selector": ["llm", "text"]}


def test_text_of_a_chat() -> None:
    assert tell(CHAT, TextChunk("Hi", ("llm", "text"), node_id="llm"))[0] == [
        CHAT_HEAD | {"event": "message", "id": "message-1", "answer": "Hi", "from_variable_selector": ["llm", "text"]}
    ]


def test_reasoning_is_kept_apart_from_the_answer() -> None:
    frame = the_last(tell(CHAT, ReasoningChunk("Hm", ("llm", "reasoning"), node_id="llm")))
    assert frame["event"] == "reasoning_chunk"
    assert (frame["data"]["text"], frame["data"]["node_id"]) == ("Hm", "llm")


def test_a_step_of_an_agent_is_an_agent_log() -> None:
    step = AgentStep(2, "tool", "time/now", {"zone": "UTC"}, {"text": "No.", "failed": True}, node_id="llm")
    frame = the_last(tell(WORKFLOW, started(), step))
    assert frame["event"] == "agent_log"
    data = frame["data"]
    assert (data["node_id"], data["label"], data["status"], data["error"]) == ("llm", "CALL time/now", "error", "No.")
    assert data["data"]["input"] == {"zone": "UTC"}


def test_an_agent_app_tells_thoughts_with_what_came_of_their_calls_and_no_nodes() -> None:
    calls = [{"tool": "time/now", "input": {"zone": "UTC"}}, {"tool": "time/now", "input": {"zone": "CET"}}]
    frames = tell(
        CHAT,
        started(node_type="agent"),
        AgentStep(1, "thought", None, None, {"text": "I look.", "calls": calls}, node_id="llm"),
        AgentStep(2, "tool", "time/now", {"zone": "UTC"}, {"text": "noon", "failed": False}, node_id="llm"),
        AgentStep(3, "tool", "time/now", {"zone": "CET"}, {"text": "one", "failed": False}, node_id="llm"),
        AgentStep(4, "thought", None, None, {"text": "Noon.", "calls": []}, node_id="llm"),
        TextChunk("Noon.", ("agent", "text"), node_id="answer"),
        RunSucceeded({"answer": "Noon."}, "Noon.", USAGE),
        mode="agent-chat",
    )
    flat = [frame for each in frames for frame in each]
    assert [frame["event"] for frame in flat] == ["agent_thought"] * 4 + ["agent_message", "message_end"]
    first, _, last, second = flat[:4]
    assert first["id"] == last["id"] != second["id"]
    assert (first["position"], second["position"]) == (1, 2)
    assert (first["thought"], first["tool"], first["observation"]) == ("I look.", "time/now", "")
    assert json.loads(last["tool_input"]) == {"time/now": {"zone": "UTC"}, "time/now #2": {"zone": "CET"}}
    assert json.loads(last["observation"]) == {"time/now": "noon", "time/now #2": "one"}
    assert flat[4] == CHAT_HEAD | {"event": "agent_message", "id": "message-1", "answer": "Noon."}


def test_an_assistant_says_messages_alone() -> None:
    text, end = TextChunk("Hi", ("llm", "text"), node_id="llm"), RunSucceeded({}, "Hi", USAGE)
    frames = tell(CHAT, RunStarted({}, "app", 2), started(), text, end, mode="chat")
    assert [frame["event"] for each in frames for frame in each] == ["message", "message_end"]


def test_a_workflow_that_succeeds() -> None:
    frames = tell(
        WORKFLOW, started(), NodeSucceeded({}, USAGE, 1.0, node_id="llm"), RunSucceeded({"a": 1}, None, USAGE)
    )
    assert frames[-1] == [
        {
            "event": "workflow_finished",
            "task_id": "run-1",
            "workflow_run_id": "run-1",
            "data": {
                "id": "run-1",
                "workflow_id": "workflow-1",
                "status": "succeeded",
                "outputs": {"a": 1},
                "error": None,
                "elapsed_time": 3.0,
                "total_tokens": 7,
                "total_steps": 1,
                "created_by": {"id": "ann", "user": "ann"},
                "created_at": 1000,
                "finished_at": 1003,
                "exceptions_count": 0,
                "files": [],
            },
        }
    ]


def test_a_chat_that_succeeds_ends_its_message_and_then_its_workflow() -> None:
    end, finished = tell(CHAT, RunSucceeded({"answer": "Hi"}, "Hi", USAGE))[0]
    assert (end["event"], finished["event"]) == ("message_end", "workflow_finished")
    assert CHAT_HEAD.items() <= end.items()
    assert end["id"] == "message-1"
    assert end["metadata"]["usage"]["total_tokens"] == 7
    assert end["metadata"]["retriever_resources"] == []


def test_a_workflow_that_fails() -> None:
    frames = tell(WORKFLOW, RunFailed({"code": "model_refused", "message": "No."}, node_id="llm"))
    assert [frame["event"] for frame in frames[0]] == ["workflow_finished"]
    assert (frames[0][0]["data"]["status"], frames[0][0]["data"]["error"]) == ("failed", "No.")


@pytest.mark.parametrize(("code", "dify_code"), [
    ("model_refused", "completion_request_error"),
    ("model_unavailable", "provider_not_initialize"),
    ("whatever", "completion_request_error"),
])  # fmt: skip
def test_a_chat_that_fails_ends_with_an_error(code: str, dify_code: str) -> None:
    finished, error = tell(CHAT, RunFailed({"code": code, "message": "No."}))[0]
    assert (finished["event"], finished["data"]["status"]) == ("workflow_finished", "failed")
    assert error == CHAT_HEAD | {"event": "error", "status": 400, "code": dify_code, "message": "No."}


@pytest.mark.parametrize(("facts", "names"), [
    (WORKFLOW, ["workflow_finished"]),
    (CHAT, ["message_end", "workflow_finished"]),
])  # fmt: skip
def test_a_run_that_is_stopped(facts: RunFacts, names: list[str]) -> None:
    frames = tell(facts, RunStopped("ann"))
    assert [frame["event"] for frame in frames[0]] == names
    assert the_last(frames)["data"]["status"] == "stopped"


def test_tokens_of_a_run_that_does_not_say_are_those_of_its_nodes() -> None:
    frames = tell(WORKFLOW, started(), NodeSucceeded({}, USAGE, 1.0, node_id="llm"), RunStopped("ann"))
    assert the_last(frames)["data"]["total_tokens"] == 7


@pytest.mark.parametrize("event", [NodeSkipped(node_id="x"), NodeSucceeded({}, None, 1.0, node_id="never started")])
def test_what_clients_have_no_word_for_is_not_told(event: Event) -> None:
    assert tell(WORKFLOW, event) == [[]]


def test_an_event_type_of_a_later_release_is_passed_over() -> None:
    later = {"seq": 1, "type": "step_of_a_later_release", "node_id": "x", "at": 0.0, "frame": [], "data": {}}
    assert translator_of(WORKFLOW, "workflow").translate(later) == []


def test_files_are_found_among_outputs_and_in_their_lists() -> None:
    file = {"dify_model_identity": "__dify__file__", "type": "image"}
    assert files_of({"a": file, "b": [file, 1], "c": {"x": 1}}) == [file, file]


@pytest.mark.parametrize(("usage", "tokens"), [
    (None, 0),
    ({}, 0),
    ({"total_tokens": None, "prompt_tokens": 2, "completion_tokens": None}, 2),
    (USAGE, 7),
])  # fmt: skip
def test_tokens_are_added_up_where_no_total_is_given(usage: Mapping[str, Any] | None, tokens: int) -> None:
    assert tokens_of(usage) == tokens


def test_every_version_has_a_workflow_id_that_stays() -> None:
    app = "0198c2a4-7d10-7c33-9a5e-2f1f6f6f0a11"
    assert workflow_id_of(app, 1) == workflow_id_of(app, 1)
    assert workflow_id_of(app, 1) != workflow_id_of(app, 2)
    assert len(workflow_id_of("not a uuid", 1)) == 36
