"""The conversation between the bench and a runner: a question as a line of JSON in, its answer as another one out."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

Answerer = Callable[..., Mapping[str, Any]]


def serve(answerers: Mapping[str, Answerer]) -> None:
    """Answer until the input ends. A question names its answerer under `what`; the rest are that one's arguments."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        answer = answerers[question.pop("what")](**question)
        print(json.dumps(answer), flush=True)
