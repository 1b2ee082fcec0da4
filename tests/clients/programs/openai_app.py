"""A program that talks with a published app through the official `openai` package, as if it were a model. Run with an
address, a key and the app's id; prints what it saw.
"""

import json
import sys
from typing import Any

import openai

BASE, KEY, APP = sys.argv[1:4]
client = openai.OpenAI(base_url=BASE, api_key=KEY, timeout=60)
model = f"app:{APP}"


def said(messages: Any, **more: Any) -> str:
    return client.chat.completions.create(model=model, messages=messages, **more).choices[0].message.content or ""


talk: list[Any] = [{"role": "user", "content": "My name is Ada."}]
talk.append({"role": "assistant", "content": said(talk)})
talk.append({"role": "user", "content": "What is my name?"})
streamed: Any = client.chat.completions.create(model=model, messages=talk, stream=True)
deltas = [chunk.choices[0].delta.content or "" for chunk in streamed]
raw = client.chat.completions.with_raw_response.create(model=model, messages=talk, user="ada")
print(
    json.dumps(
        {
            "models": [each.id for each in client.models.list()],
            "first": talk[1]["content"],
            "streamed": "".join(deltas),
            "pieces": len([delta for delta in deltas if delta]),
            "id": raw.parse().id,
            "run_id": raw.headers["x-loomwork-run-id"],
        }
    )
)
