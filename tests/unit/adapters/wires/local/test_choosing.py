"""Which of two tools a model that knows none is offered."""

from collections.abc import Sequence
from typing import Any

import pytest

from loomwork.adapters.wires.local.choosing import must_choose, narrowed
from loomwork.model_gateway.domain.chat import Message, Tool, ToolChoice
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.ports import Call

WEATHER, MONEY = Tool("get_weather", "The weather of a city."), Tool("convert_currency", "Money into other money.")


def asking(text: str = "Is it warm in Rome?", **given: Any) -> Call:
    said: dict[str, Any] = {"profile": Profile(tools=False), "tools": (WEATHER, MONEY), **given}
    return Call("local", "small", given.pop("messages", (Message("user", text),)), **said)


@pytest.mark.parametrize(
    "call",
    [
        asking(profile=Profile(tools=True)),
        asking(tools=(WEATHER,)),
        asking(tools=(WEATHER, MONEY, Tool("time", "The time."))),
        asking(tool_choice=ToolChoice("none")),
        asking(tool_choice=ToolChoice("named", "get_weather")),
        asking(" "),
    ],
    ids=["knows_tools", "one", "three", "none_wanted", "named", "nothing_asked"],
)
def test_nothing_is_chosen_where_there_is_no_choice_of_two(call: Call) -> None:
    assert not must_choose(call)


def test_after_a_result_the_model_sees_both_again() -> None:
    assert must_choose(asking())
    result = Message("tool", "24 °C", tool_call_id="c")
    call = asking()
    assert not must_choose(Call("local", "small", (*call.messages, result), profile=call.profile, tools=call.tools))


async def test_the_nearer_tool_is_offered_and_the_first_of_equals() -> None:
    async def embed(texts: Sequence[str]) -> Sequence[Sequence[float]]:
        assert [text.partition(": ")[0] for text in texts] == ["query", "passage", "passage"]
        return [[1.0, 0.0], *([[float("weather" in text), 1.0] for text in texts[1:]])]

    assert (await narrowed(embed, asking())).tools == (WEATHER,)
    assert (await narrowed(embed, asking(tools=(MONEY, WEATHER)))).tools == (WEATHER,)
    assert (await narrowed(embed, asking(tools=(MONEY, MONEY)))).tools == (MONEY,)
