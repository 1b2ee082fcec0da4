"""Effects on the world that can be counted: a server that keeps every request of an app, and apps that make them."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

Node = dict[str, Any]


@dataclass(frozen=True)
class Effect:
    """What one node of one run does in one round: all that tells it from other effects."""

    run: str
    node: str
    item: str


class EffectsServer:
    """Keeps the idempotency keys that each effect was asked with, in order. An answer takes `pause` seconds."""

    def __init__(self, pause: float = 0.15) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Effect, list[str]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.note(Effect(**asked), self.headers.get("Idempotency-Key", ""))
                time.sleep(pause)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_: Any) -> None:
                """The other side was killed: that is what this is for."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def note(self, effect: Effect, key: str) -> None:
        with self._lock:
            self._asked.setdefault(effect, []).append(key)

    def asked(self) -> Mapping[Effect, Sequence[str]]:
        with self._lock:
            return {effect: tuple(keys) for effect, keys in self._asked.items()}


def node(node_id: str, kind: str, **data: Any) -> Node:
    return {
        "id": node_id,
        "type": "custom",
        "position": {"x": 0, "y": 0},
        "data": {"type": kind, "title": node_id, **data},
    }


def effect(node_id: str, place: str, item: str = "", **data: Any) -> Node:
    asked = json.dumps({"run": "{{#sys.workflow_run_id#}}", "node": node_id, "item": item})
    body = {"type": "json", "data": [{"key": "", "type": "text", "value": asked}]}
    return node(node_id, "http-request", method="post", url=f"http://{place}/", body=body, **data)


def speech(node_id: str) -> Node:
    model = {"provider": "openai-compatible", "name": "scripted-1", "mode": "chat", "completion_params": {}}
    return node(node_id, "llm", model=model, prompt_template=[{"role": "user", "text": "Talk."}])


def question(node_id: str) -> Node:
    field = {"output_variable_name": "note", "type": "paragraph", "label": "Note"}
    action = {"id": "go", "title": "Go", "button_style": "primary"}
    return node(
        node_id,
        "human-input",
        form_content="Well? {{#$output.note#}}",
        inputs=[field],
        user_actions=[action],
        timeout=2,
        timeout_unit="day",
        delivery_methods=[{"id": "w", "type": "webapp", "enabled": True}],
    )


def rounds(node_id: str, place: str) -> list[Node]:
    """An iteration over six items, three at a time, with an effect for each."""
    inside = {"isInIteration": True, "iteration_id": node_id}
    first, act = f"{node_id}_start", f"{node_id}_act"
    container = node(
        node_id,
        "iteration",
        start_node_id=first,
        iterator_selector=["env", "items"],
        output_selector=[act, "body"],
        is_parallel=True,
        parallel_nums=3,
    )
    inner = [node(first, "iteration-start", **inside), effect(act, place, f"{{{{#{node_id}.item#}}}}", **inside)]
    return [container, *({**each, "parentId": node_id} for each in inner)]


def app(name: str, nodes: Sequence[Node], path: str) -> str:
    """An app file; `path` is the edges, as `a>b`."""
    pairs = [edge.split(">") for edge in path.split(", ")]
    edges = [
        {
            "id": f"{source}-{target}",
            "source": source,
            "sourceHandle": handle,
            "target": target,
            "targetHandle": "target",
        }
        for source, handle, target in ((a.partition(":")[0], a.partition(":")[2] or "source", b) for a, b in pairs)
    ]
    items = {"id": "v", "name": "items", "value_type": "array[string]", "value": list("abcdef")}
    workflow = {"environment_variables": [items], "graph": {"nodes": list(nodes), "edges": edges}}
    tree = {"version": "0.6.0", "kind": "app", "app": {"name": name, "mode": "workflow"}, "workflow": workflow}
    return yaml.safe_dump(tree, sort_keys=False)


def end(*shown: tuple[str, str]) -> Node:
    return node("end", "end", outputs=[{"variable": of, "value_selector": [of, what]} for of, what in shown])


def everything_app(place: str) -> str:
    """One of each: an effect, rounds of effects, a model that talks, a question, and an effect after all that."""
    return app(
        "everything",
        [
            node("start", "start", variables=[]),
            effect("first", place),
            *rounds("each", place),
            speech("talk"),
            question("ask"),
            effect("last", place),
            end(("talk", "text"), ("each", "output")),
        ],
        "start>first, first>each, each_start>each_act, each>talk, talk>ask, ask:go>last, last>end",
    )


def mixed_apps(place: str) -> list[str]:
    """Four shapes of load."""
    start = node("start", "start", variables=[])
    steps = [effect(f"step{number}", place) for number in range(6)]
    chain = ", ".join(f"step{number}>step{number + 1}" for number in range(5))
    return [
        app("chain", [start, *steps, end(("step5", "body"))], f"start>step0, {chain}, step5>end"),
        app(
            "rounds",
            [start, *rounds("each", place), end(("each", "output"))],
            "start>each, each_start>each_act, each>end",
        ),
        app(
            "talk",
            [start, speech("talk"), effect("after", place), end(("talk", "text"))],
            "start>talk, talk>after, after>end",
        ),
        app(
            "ask",
            [start, effect("before", place), question("ask"), effect("after", place), end(("after", "body"))],
            "start>before, before>ask, ask:go>after, after>end",
        ),
    ]
