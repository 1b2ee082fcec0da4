"""A program that uses the official `openai` package with the debug models of a server as people start it. Run with an
address and a key; prints what it saw.
"""

import json
import sys
from typing import Any

import openai
from pydantic import BaseModel

BASE, KEY = sys.argv[1:3]
client = openai.OpenAI(base_url=BASE, api_key=KEY, timeout=60, max_retries=0)
QUESTION: Any = [{"role": "user", "content": "Is Rome a city?"}]


class City(BaseModel):
    name: str
    people: int


def tool(name: str) -> Any:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def refusal(model: str, **more: Any) -> list[Any]:
    """The exception that comes, its code, and what was said before it."""
    said = []
    try:
        answer: Any = client.chat.completions.create(model=model, messages=QUESTION, **more)
        for chunk in answer if more else ():
            said += [chunk.choices[0].delta.content or ""]
    except openai.APIError as error:
        return [type(error).__name__, error.code, "".join(said)]
    return ["nothing", None, "".join(said)]


seen: dict[str, Any] = {}
first = client.chat.completions.create(model="debug/tools", messages=QUESTION, tools=[tool("weather"), tool("people")])
message: Any = first.choices[0].message
seen["calls"] = [call.function.name for call in message.tool_calls]
results: Any = [{"role": "tool", "tool_call_id": call.id, "content": "yes"} for call in message.tool_calls]
second = client.chat.completions.create(
    model="debug/tools", messages=[*QUESTION, message, *results], tools=[tool("weather"), tool("people")]
)
seen["after the results"] = second.choices[0].finish_reason
with client.chat.completions.stream(model="debug/tools", messages=QUESTION, tools=[tool("weather")]) as events:
    final: Any = events.get_final_completion()
seen["streamed call"] = json.loads(final.choices[0].message.tool_calls[0].function.arguments)
parsed = client.chat.completions.parse(model="debug/echo", messages=QUESTION, response_format=City)
seen["parsed"] = isinstance(parsed.choices[0].message.parsed, City)
thinking: Any = client.chat.completions.create(model="debug/reasoning", messages=QUESTION)
seen["thought"] = bool(thinking.choices[0].message.reasoning_content)
seen["reasoning tokens"] = thinking.usage.completion_tokens_details.reasoning_tokens > 0
seen["broken off"] = refusal("debug/half", stream=True)
seen["failing"] = refusal("debug/fail")
seen["failing stream"] = refusal("debug/fail", stream=True)
seen["too often"] = refusal("debug/rate-limited")
vectors = client.embeddings.create(model="debug/embedding", input=["a city", "a town"], dimensions=16)
seen["vectors"] = [len(item.embedding) for item in vectors.data]
judged = client.moderations.create(model="debug/moderation", input=["fine", "forbidden"])
seen["flagged"] = [result.flagged for result in judged.results]
spoken = client.audio.speech.create(model="debug/speech", input="Hello", voice="any", response_format="wav").read()
seen["heard"] = client.audio.transcriptions.create(model="debug/transcription", file=("a.wav", spoken)).text
made = client.images.generate(model="debug/image", prompt="A cat", n=2)
seen["images"] = len(made.data or ())
print(json.dumps(seen))
