"""What is recorded: small apps of real node types, and what becomes of their runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from loomwork.engine.commands import Answer, Cancel, Pause, Resume
from loomwork.engine.run import RunLimits
from tests.replays.living import Life, Scenario

Node = Mapping[str, Any]


def node(node_id: str, node_type: str, **data: Any) -> Node:
    return {"id": node_id, "type": node_type, "title": node_id.title(), **data}


def inside(container: Node, **nodes: Node) -> list[Node]:
    """A container with its start, and the nodes in it."""
    family, home = container["type"], container["id"]
    flags = {"isInLoop": True, "loop_id": home} if family == "loop" else {"isInIteration": True, "iteration_id": home}
    start = node(f"{home}_start", f"{family}-start")
    return [
        {**container, "start_node_id": start["id"]},
        *({**inner, **flags} for inner in (start, *nodes.values())),
    ]


def start(*variables: str, kind: str = "paragraph") -> Node:
    asked = [{"variable": name, "label": name, "type": kind, "required": False} for name in variables]
    return node("s", "start", variables=asked)


def end(**outputs: Sequence[str]) -> Node:
    return node("e", "end", outputs=[{"variable": name, "value_selector": list(of)} for name, of in outputs.items()])


def llm(node_id: str, says: str, **data: Any) -> Node:
    prompt = [{"role": "user", "text": says}]
    return node(node_id, "llm", model={"provider": "acme", "name": "big"}, prompt_template=prompt, **data)


def fetch(node_id: str, url: str, **data: Any) -> Node:
    return node(node_id, "http-request", method="get", url=url, body={"type": "none", "data": []}, **data)


def template(node_id: str, text: str, /, **reads: Sequence[str]) -> Node:
    variables = [{"variable": name, "value_selector": list(of)} for name, of in reads.items()]
    return node(node_id, "template-transform", template=text, variables=variables)


def when(node_id: str, selector: Sequence[str], operator: str, value: str) -> Node:
    condition = {"variable_selector": list(selector), "comparison_operator": operator, "value": value}
    return node(node_id, "if-else", cases=[{"case_id": "true", "logical_operator": "and", "conditions": [condition]}])


def retry(times: int) -> Mapping[str, Any]:
    return {
        "retry_config": {"retry_enabled": True, "max_retries": times, "retry_interval": 1},
        "x-loomwork": {"retry": {"backoff": 2.0, "jitter": 0.5}},
    }


FORM = node(
    "h",
    "human-input",
    form_content="Is {{#s.text#}} right? {{#$output.note#}}",
    inputs=[{"type": "paragraph", "output_variable_name": "note"}],
    user_actions=[{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
    timeout=1,
)
FILE = {"type": "document", "transfer_method": "local_file", "name": "note.txt", "extension": ".txt", "size": 7}
WIRE_FILE = {**FILE, "filename": "note.txt", "related_id": "f1"}
APPROVAL = "s>h, h:yes>e, h:__timeout>late, h:no>no"
APPROVAL_NODES = [
    start("text"),
    FORM,
    end(note=["h", "note"]),
    node("late", "end", outputs=[]),
    node("no", "end", outputs=[{"variable": "no", "value_selector": ["h", "__action_value"]}]),
]
PARALLEL = {"is_parallel": True, "parallel_nums": 2, "error_handle_mode": "continue-on-error"}

AGENT = {
    "model": {"type": "constant", "value": {"provider": "langgenius/openai/openai", "model": "gpt-4o"}},
    "query": {"type": "constant", "value": "one two three four"},
}

STREAMING = Scenario(
    "Two models speak at once; the second one's text is held back until it is its turn.",
    [
        start(),
        llm("a", "one two {{#sys.query#}}"),
        llm("b", "three four", memory={"window": {"enabled": False}}),
        node("x", "answer", answer="B: {{#b.text#}} A: {{#a.text#}}!"),
    ],
    "s>a, s>b, a>x, b>x",
    mode="advanced-chat",
    query="five",
)

REPEATED = Scenario(
    "The run repeats another from a node on: the results before it stand in, one of them a failure.",
    [
        start(),
        fetch("down", "http://x.example/down", error_strategy="default-value", default_value=[]),
        llm("a", "one two"),
        llm("b", "three {{#a.text#}}"),
        node("x", "answer", answer="{{#a.text#}}{{#b.text#}}"),
    ],
    "s>down, down>a, a>b, b>x",
    mode="advanced-chat",
    query="?",
)

SCENARIOS: Mapping[str, Scenario] = {
    "branches_and_files": Scenario(
        "A branch, files, lists, texts and their join; values with every kind of JSON in them.",
        [
            start("text"),
            when("if", ["s", "text"], "contains", "parcel"),
            node("doc", "document-extractor", variable_selector=["sys", "files"]),
            node("list", "list-operator", variable=["sys", "files"], limit={"enabled": True, "size": 1}),
            template("t", "{{ text | upper }}: {{ doc }}", text=["s", "text"], doc=["doc", "text"]),
            template("u", "not that", text=["s", "text"]),
            node("agg", "variable-aggregator", variables=[["t", "output"], ["u", "output"]], output_type="string"),
            end(said=["agg", "output"], first=["list", "first_record"], code=["c", "all"]),
            node("c", "code", code="?", code_language="python3", variables=[], outputs={"all": {"type": "object"}}),
        ],
        "s>if, if:true>doc, doc>list, list>t, if:false>u, t>agg, u>agg, agg>c, c>e",
        inputs={"text": "Where is my parcel? ü \u2028 \ud83d\ude00"},
        files=[FILE],
        mocks={"c": {"all": {"n": None, "big": 2**70, "f": 1.5, "deep": [[{"x": [True]}]], "file": WIRE_FILE}}},
    ),
    "passages_found": Scenario(
        "Passages of a knowledge base, found before the process died, and put into a prompt after it.",
        [
            start("text"),
            node("k", "knowledge-retrieval", dataset_ids=["handbook"], query_variable_selector=["s", "text"]),
            llm("m", "Answer {{#s.text#}} from {{#k.result#}}"),
            end(said=["m", "text"], found=["k", "result"]),
        ],
        "s>k, k>m, m>e",
        inputs={"text": "When does it open?"},
        lives=[Life(dies_at=3), Life()],
    ),
    "questions_to_models": Scenario(
        "A classifier, an extractor, code in a sandbox, another app as a step, and a tool that a mock stands in for.",
        [
            start("text"),
            node(
                "q",
                "question-classifier",
                model={"provider": "acme", "name": "big"},
                query_variable_selector=["s", "text"],
                classes=[{"id": "1", "name": "Billing"}, {"id": "2", "name": "Shipping"}],
            ),
            node(
                "p",
                "parameter-extractor",
                model={"provider": "acme", "name": "big"},
                query=["s", "text"],
                parameters=[{"name": "place", "type": "string", "required": False, "description": "Where"}],
                reasoning_mode="prompt",
            ),
            node(
                "c",
                "code",
                code="def main(text): return {'doubled': text * 2}",
                code_language="python3",
                variables=[{"variable": "text", "value_selector": ["s", "text"]}],
                outputs={"doubled": {"type": "string", "children": None}},
            ),
            node("w", "sub-workflow", app_id="other", inputs=[{"variable": "x", "value": "{{#c.doubled#}}"}]),
            node("tool", "tool", provider_id="t", tool_name="t", tool_parameters={}),
            end(twice=["c", "doubled"], other=["w", "got"], tool=["tool", "text"], kind=["q", "class_name"]),
        ],
        "s>q, q:2>p, q:1>e, p>c, c>w, w>tool, tool>e",
        inputs={"text": "where is it"},
        mocks={"tool": {"text": "a tool said this"}},
    ),
    "parallel_iteration_with_failures": Scenario(
        "Rounds beside each other; one address answers at the second attempt, one never does.",
        [
            start(),
            node("items", "code", code="?", variables=[], outputs={"all": {"type": "array[string]"}}),
            *inside(
                node(
                    "it", "iteration", iterator_selector=["items", "all"], output_selector=["t", "output"], **PARALLEL
                ),
                fetch=fetch("f", "http://x.example/{{#it.item#}}", **retry(1)),
                template=template("t", "{{ i }}={{ body }}", i=["it", "index"], body=["f", "body"]),
            ),
            end(all=["it", "output"]),
        ],
        "s>items, items>it, it>e, it_start>f, f>t",
        mocks={"items": {"all": ["one", "flaky-two", "down-three", "four", "flaky-five"]}},
    ),
    "nested_loops": Scenario(
        "A loop in a loop, variables that are written, a condition that ends one and a node that leaves the other.",
        [
            start(),
            *inside(
                node(
                    "outer",
                    "loop",
                    loop_count=5,
                    loop_variables=[{"label": "n", "var_type": "number", "value_type": "constant", "value": 0}],
                    break_conditions=[
                        {
                            "variable_selector": ["outer", "n"],
                            "comparison_operator": "≥",
                            "value": "3",
                            "var_type": "number",
                        }
                    ],
                ),
                inner=node(
                    "inner",
                    "loop",
                    loop_count=4,
                    loop_variables=[{"label": "m", "var_type": "number", "value_type": "constant", "value": 0}],
                ),
            ),
            *inside(
                node("inner", "loop"),
                add=node(
                    "add",
                    "assigner",
                    version="2",
                    items=[
                        {"variable_selector": ["inner", "m"], "operation": "+=", "input_type": "constant", "value": 1},
                        {"variable_selector": ["outer", "n"], "operation": "+=", "input_type": "constant", "value": 1},
                    ],
                ),
                check=when("check", ["inner", "m"], "≥", "2"),
                leave=node("leave", "loop-end"),
            )[1:],
            end(n=["outer", "n"], rounds=["outer", "loop_round"]),
        ],
        "s>outer, outer>e, outer_start>inner, inner_start>add, add>check, check:true>leave",
    ),
    "conversation": Scenario(
        "Both forms of the assigner write variables of the conversation, and the answer reads them when it has run.",
        [
            start(),
            node(
                "one",
                "assigner",
                assigned_variable_selector=["conversation", "last"],
                write_mode="over-write",
                input_variable_selector=["sys", "query"],
            ),
            node(
                "two",
                "assigner",
                version="2",
                items=[
                    {
                        "variable_selector": ["conversation", "notes"],
                        "operation": "append",
                        "input_type": "variable",
                        "value": ["conversation", "last"],
                    }
                ],
            ),
            node("x", "answer", answer="Noted: {{#conversation.last#}}, {{#conversation.notes#}}"),
        ],
        "s>one, one>two, two>x",
        mode="advanced-chat",
        query="milk",
        conversation={"last": "", "notes": ["eggs"], "count": 1},
    ),
    "retries_and_strategies": Scenario(
        "An address that answers at last, one whose default stands in, and one that leaves by its fail branch.",
        [
            start(),
            fetch("again", "http://x.example/flaky", **retry(2)),
            fetch(
                "default",
                "http://x.example/down",
                error_strategy="default-value",
                default_value=[{"key": "body", "type": "string", "value": "nothing"}],
            ),
            fetch("branch", "http://x.example/down", error_strategy="fail-branch", **retry(1)),
            template("rescue", "saved: {{ why }}", why=["branch", "error_message"]),
            end(a=["again", "body"], b=["default", "body"], c=["rescue", "output"]),
        ],
        "s>again, s>default, s>branch, branch:fail-branch>rescue, again>e, default>e, rescue>e",
    ),
    "streaming": STREAMING,
    "an_agent_crashes": Scenario(
        "The process of an agent dies after its turn was kept, and another goes on without asking the model again.",
        [
            start(),
            node("a", "agent", agent_strategy_name="function_calling", agent_parameters=AGENT),
            node("x", "answer", answer="{{#a.text#}}"),
        ],
        "s>a, a>x",
        mode="advanced-chat",
        query="?",
        lives=[Life(dies_at=7), Life()],
    ),
    "question_answered": Scenario(
        "A person is asked, the run rests, and goes on by the action that was chosen.",
        APPROVAL_NODES,
        APPROVAL,
        inputs={"text": "this"},
        lives=[Life(), Life([Answer("h", (), "maybe", {}), Answer("h", (), "yes", {"note": "fine"})])],
    ),
    "question_over": Scenario(
        "A person is asked and does not answer in time.",
        APPROVAL_NODES,
        APPROVAL,
        inputs={"text": "this"},
        lives=[Life(), Life([Answer("h", (), None, {})])],
    ),
    "paused_and_resumed": Scenario(
        "Somebody pauses the run while a model speaks and again while a question is open; another lets it go on.",
        [
            start(),
            llm("a", "one two"),
            {**FORM, "form_content": "{{#a.text#}}"},
            llm("b", "three"),
            end(b=["b", "text"]),
        ],
        "s>a, a>h, h:yes>b, b>e",
        lives=[
            Life(then={"node_started:a": Pause("ada")}),
            Life([Resume("grace")]),
            Life([Pause("ada")]),
            Life([Answer("h", (), "yes", {"note": ""})]),
            Life([Resume("grace")]),
        ],
    ),
    "crashed_and_resumed": Scenario(
        "The process dies twice: while models speak, and among rounds that run beside each other.",
        [
            start(),
            llm("a", "one two three"),
            node("items", "code", code="?", variables=[], outputs={"all": {"type": "array[string]"}}),
            *inside(
                node(
                    "it", "iteration", iterator_selector=["items", "all"], output_selector=["say", "text"], **PARALLEL
                ),
                say=llm("say", "item {{#it.item#}}"),
            ),
            node("x", "answer", answer="{{#a.text#}} / {{#it.output#}}"),
        ],
        "s>a, a>items, items>it, it>x, it_start>say",
        mode="advanced-chat",
        query="?",
        mocks={"items": {"all": ["x", "y", "z"]}},
        lives=[Life(dies_at=4), Life(dies_at=6), Life()],
    ),
    "question_in_rounds_dropped": Scenario(
        "Two rounds ask a person; one fails while the other waits, and both are given up.",
        [
            start(),
            node("items", "code", code="?", variables=[], outputs={"all": {"type": "array[string]"}}),
            *inside(
                node(
                    "it",
                    "iteration",
                    iterator_selector=["items", "all"],
                    output_selector=["h", "note"],
                    is_parallel=True,
                    parallel_nums=2,
                    error_handle_mode="terminated",
                    error_strategy="fail-branch",
                ),
                ask={**FORM, "form_content": "{{#it.item#}}?"},
                then=fetch("f", "http://x.example/down"),
            ),
            template("t", "{{ why }}", why=["it", "error_message"]),
            end(why=["t", "output"]),
        ],
        "s>items, items>it, it:fail-branch>t, t>e, it_start>h, h:yes>f",
        mocks={"items": {"all": ["x", "y", "z"]}},
        lives=[Life(), Life([Answer("h", (("it", 1),), "yes", {"note": "?"})])],
    ),
    "repeated_from_a_node": replace(REPEATED, reuses=(REPEATED, ("s", "down", "a"))),
    "failed": Scenario(
        "A node fails, nothing stands in, and what runs beside it is given up.",
        [start(), llm("a", "a b c d e f g h"), fetch("down", "http://x.example/down"), end(a=["a", "text"])],
        "s>a, s>down, a>e, down>e",
    ),
    "stopped": Scenario(
        "Somebody stops the run while a model speaks.",
        [start(), llm("a", "one two three four"), node("x", "answer", answer="{{#a.text#}}")],
        "s>a, a>x",
        mode="advanced-chat",
        query="?",
        lives=[Life(then={"text_chunk": Cancel("ada")})],
    ),
    "limited": Scenario(
        "A loop takes more steps than a run may.",
        [
            start(),
            *inside(node("l", "loop", loop_count=50), t=template("t", "{{ i }}", i=["l", "index"])),
            end(n=["l", "loop_round"]),
        ],
        "s>l, l>e, l_start>t",
        limits=RunLimits(steps=30),
    ),
}
