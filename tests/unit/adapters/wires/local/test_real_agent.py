"""An agent with two tools and the real local model: which of the tools it picks for what it is asked."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    ChatEvent,
    ChatRequest,
    Finished,
    ModelReference,
    ResolvedModel,
    TextDelta,
    ToolCall,
    Usage,
)
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.ports import Call
from loomwork.nodes.agent import AgentType
from tests.unit.adapters.wires.scripted_provider import events_of
from tests.unit.nodes.bench import Bench
from tests.unit.nodes.outside import FilesByUrl
from tests.unit.tools.toolbox import SmallTool, boxed, tool

pytestmark = pytest.mark.slow

LONGEST = 24
"""Tokens of an answer: the name of a tool, and the beginning of its arguments."""

WEATHER = (
    "What is the weather in Berlin?",
    "Is it raining in Tokyo right now?",
    "How warm is it in Madrid today?",
    "Tell me the current weather in New York.",
    "Will I need an umbrella in London?",
    "Is it snowing in Oslo?",
    "How cold is it in Moscow?",
    "What is the temperature in Cairo?",
    "Is it windy in Chicago today?",
    "How is the weather in Lisbon this morning?",
    "Is the sun shining in Rome?",
    "Tell me whether it is cloudy in Paris.",
    "What is the forecast for Vienna?",
    "How humid is it in Singapore?",
    "Is there a storm in Miami?",
    "Can I go without a coat in Athens today?",
    "How hot does it get in Dubai today?",
    "Is it foggy in San Francisco?",
    "What are the weather conditions in Sydney?",
    "Does it rain in Dublin at the moment?",
)
MONEY = (
    "How much is 100 US dollars in euros?",
    "Convert 50 British pounds to Japanese yen.",
    "Please convert 20 Swiss francs into dollars.",
    "What are 300 euros in Polish zloty?",
    "How many rupees do I get for 75 dollars?",
    "Exchange 1000 yen into euros.",
    "What is 40 euros worth in US dollars?",
    "Change 500 Mexican pesos to dollars.",
    "How many dollars are 12 pounds?",
    "I have 80 euros; how much is that in Danish kroner?",
    "Convert 9 dollars to Canadian dollars.",
    "What do I get in won for 60 euros?",
    "How much is one bitcoin in dollars?",
    "Turn 250 Swedish kronor into euros.",
    "What is the value of 15 pounds in Australian dollars?",
    "Calculate 33 euros in Turkish lira.",
    "How many francs are 200 dollars?",
    "Give me the price of 45 euros in yuan.",
    "Convert ten thousand yen into pounds.",
    "What would 70 dollars be in euros?",
)


TRANSLATION = (
    "How do you say good morning in Spanish?",
    'What does "merci beaucoup" mean in English?',
    "Put this sentence into German: The train is late.",
    'I need "thank you" in Japanese.',
    'Write "happy birthday" in Italian.',
)
FLIGHTS = (
    "How can I fly from Paris to Rome on Friday?",
    "Is there a plane from Boston to Denver tomorrow morning?",
    "I have to be in Tokyo on 3 May; I start from Seoul. Which airline goes?",
    "Show me the cheapest way by air from Madrid to Oslo next week.",
    "When does the first plane to Geneva leave on Sunday?",
)
MAIL = (
    "Write to Anna that the meeting is moved to Monday.",
    "Let my boss know by mail that I am ill today.",
    "Tell support@example.com that my order has not arrived.",
    "Mail the team that lunch is at noon.",
    "Send Peter a message with thanks for his help.",
)
SUMS = (
    "What is 17 times 23?",
    "How much is 15 percent of 240?",
    "Add 1250, 380 and 92.",
    "What is the square root of 144?",
    "Divide 1000 by 8.",
)
NINE_OF_TEN = 0.9


class OverWire:
    """The first turn of each agent is the real model's; there is none after it."""

    def __init__(self, wire: LocalWire) -> None:
        self._wire = wire
        self.picked: list[str] = []

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return ResolvedModel(reference, "local/small")

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        if request.messages[-1].role == "tool":
            yield TextDelta("Done.")
            yield Finished("stop", Usage())
            return
        call = Call(
            "local",
            "qwen2.5-coder-0.5b",
            tuple(request.messages),
            profile=Profile(structured_output="json_schema", tools=False),
            params={"temperature": 0, "max_tokens": LONGEST},
            tools=tuple(request.tools),
            tool_choice=request.tool_choice,
        )
        end = (await events_of(self._wire, call))[-1]
        assert isinstance(end, Finished)
        self.picked.append(end.tool_calls[0].name)
        yield Finished("tool_calls", end.usage, (ToolCall("c", end.tool_calls[0].name, "{}"),))


def offered(name: str, description: str, *parameters: str) -> SmallTool:
    properties = {each: {"type": "string"} for each in parameters}
    return tool(name, description=description, input_schema={"type": "object", "properties": properties})


Pair = tuple[tuple[SmallTool, Sequence[str]], tuple[SmallTool, Sequence[str]]]

MANY: Pair = (
    (offered("get_weather", "Get the current weather of a city.", "city"), WEATHER),
    (offered("convert_currency", "Convert an amount of money into another currency.", "amount", "to"), MONEY),
)
OTHERS: Sequence[Pair] = (
    (
        (offered("translate_text", "Translate a text into another language.", "text", "language"), TRANSLATION),
        (offered("find_flights", "Find flights between two airports on a date.", "start", "end"), FLIGHTS),
    ),
    (
        (offered("send_email", "Send an e-mail to somebody.", "to", "text"), MAIL),
        (offered("calculate", "Work out an arithmetic expression.", "expression"), SUMS),
    ),
)


@pytest.mark.parametrize("pairs", [(MANY,), OTHERS], ids=["forty", "twenty_others"])
@pytest.mark.timeout(900)
async def test_it_picks_the_right_one_of_two_tools_for_nine_of_ten_questions(
    weights: LocalWeights, servers: LocalServers, tmp_path: Path, pairs: Sequence[Pair]
) -> None:
    wire = LocalWire(weights=weights, servers=servers)
    models = OverWire(wire)
    wanted: list[tuple[str, str]] = []
    try:
        for pair in pairs:
            box = boxed()
            box.shelf.put(*(one for one, _ in pair))
            bench = Bench({"agent": AgentType(models, box.tools, None, FilesByUrl())}.__getitem__)
            tools = [{"provider_name": "words", "tool_name": one.card.name} for one, _ in pair]
            for asked in [(question, one.card.name) for one, questions in pair for question in questions]:
                wanted.append(asked)
                given = {"query": asked[0], "tools": {"type": "constant", "value": tools}}
                await bench.run("agent", {"agent_parameters": given, "x-loomwork": {"must_use_tool": True}})
    finally:
        await wire.close()
    wrong = [asked for asked, picked in zip(wanted, models.picked, strict=True) if asked[1] != picked]
    assert len(wrong) <= (1 - NINE_OF_TEN) * len(wanted), wrong
    assert sum(len(one.calls) for pair in pairs for one, _ in pair) == len(wanted)
