from collections.abc import Mapping

import pytest

from loomwork.kernel.scope import embedded_scope
from loomwork.model_gateway.api import (
    ChatRequest,
    Finished,
    LocalModels,
    Message,
    ModelNotFound,
    ModelReference,
    Models,
    ModelUnavailable,
    TextDelta,
)
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from tests.unit.model_gateway.worlds import CatalogInHand, RecordingWire, StoreInHand

SCOPE = embedded_scope()
GPT = ModelReference("langgenius/openai/openai", "gpt-4o")
KEYS = {"OPENAI_API_KEY": "sk-1"}


class World:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.store = StoreInHand()
        self.wire = RecordingWire()
        catalog = CatalogInHand()
        self.local: LocalModels = LocalWeights(catalog=catalog, store=self.store, default_model="local/good")
        self.gateway = Gateway(
            catalog=catalog,
            wires={"openai_chat": self.wire, "local": self.wire},
            environment=environment,
            default_model="local/good",
            local=self.local,
        )
        self.models: Models = self.gateway


async def test_a_configured_provider_answers_for_itself_by_id_and_by_alias() -> None:
    models = World(KEYS).models
    for reference in (GPT, ModelReference("openai", "gpt-4o"), ModelReference(" OpenAI", "gpt-4o")):
        resolved = await models.resolve(SCOPE, reference)
        assert (resolved.model, resolved.notice) == ("openai/gpt-4o", None)


async def test_the_default_model_stands_in_and_says_how_to_have_the_other() -> None:
    resolved = await World({}).models.resolve(SCOPE, GPT)
    assert resolved.model == "local/good"
    assert resolved.notice == (
        "langgenius/openai/openai/gpt-4o is not configured here (to use it, set OPENAI_API_KEY); "
        "local/good answers instead."
    )
    assert resolved.provider == "openai"


async def test_an_unknown_provider_or_model_is_stood_in_for_too() -> None:
    models = World(KEYS).models
    for reference in (ModelReference("nobody", "x"), ModelReference("local", "x"), ModelReference("", "")):
        resolved = await models.resolve(SCOPE, reference)
        assert resolved.model == "local/good"
        assert "is not known here" in (resolved.notice or "")
        assert resolved.provider is None


async def test_a_key_that_cannot_be_one_counts_as_none() -> None:
    resolved = await World({"OPENAI_API_KEY": "sk-1\r\nHost: evil"}).models.resolve(SCOPE, GPT)
    assert resolved.model == "local/good"
    assert "evil" not in (resolved.notice or "")


async def test_an_override_goes_before_everything() -> None:
    resolved = await World(KEYS).models.resolve(SCOPE, GPT, override="local/tiny")
    assert (resolved.model, resolved.notice) == ("local/tiny", None)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("nobody/x", "Providers: compatible, local, openai"),
        ("local/x", "It has better, good, tiny"),
        ("good", "named provider/model"),
        ("acme/x", "cannot be used: provider.yml"),
        ("local/odd", "cannot be used: odd.yml"),
        ("", "named provider/model"),
        ("openai/" + "x" * 300, "has no model"),
    ],
)
async def test_an_override_that_does_not_exist_names_what_there_is(override: str, said: str) -> None:
    with pytest.raises(ModelNotFound, match=said):
        await World(KEYS).models.resolve(SCOPE, GPT, override=override)


async def test_a_name_is_split_at_its_first_slash() -> None:
    world = World({"COMPATIBLE_URL": "http://10.0.0.5:8000/v1/"})
    resolved = await world.models.resolve(SCOPE, ModelReference("compatible", "meta/llama-3/8b"))
    assert resolved.model == "compatible/meta/llama-3/8b"
    await _asked(world, resolved.model)
    assert world.wire.calls[0].model == "meta/llama-3/8b"
    assert world.wire.calls[0].connection.endpoint == "http://10.0.0.5:8000/v1"


async def test_the_small_model_stands_in_where_the_default_could_not_be_had() -> None:
    world = World({})
    world.store.missing = {"a.gguf"}
    world.store.here = {"c.gguf"}
    await world.local.fetch("local/good")
    with pytest.raises(ModelUnavailable):
        await world.local.wait("local/good")
    resolved = await world.models.resolve(SCOPE, GPT)
    assert resolved.model == "local/tiny"
    assert "a.gguf cannot be had" in (resolved.notice or "")
    assert "small" in (resolved.notice or "")


async def test_a_call_carries_the_models_profile_and_defaults_and_the_providers_key() -> None:
    world = World(KEYS)
    await _asked(world, "openai/o9", temperature=0.5)
    await _asked(world, "local/good", temperature=0.5)
    await _asked(world, "local/good", max_tokens=3)
    hosted, here, capped = world.wire.calls
    assert (hosted.connection.endpoint, hosted.connection.api_key) == ("https://openai.example/v1", "sk-1")
    assert hosted.profile.max_tokens_field == "max_completion_tokens"
    assert hosted.profile.structured_output == "json_schema"
    assert here.params == {"max_tokens": 9, "temperature": 0.5}
    assert capped.params == {"max_tokens": 3}


async def test_closing_an_answer_ends_the_wires_work() -> None:
    world = World(KEYS)
    answer = world.gateway.chat(SCOPE, ChatRequest("local/good", [Message("user", "?")]))
    assert await anext(answer) == TextDelta("Hi")
    await answer.aclose()
    assert world.wire.ended == 1


async def test_a_model_that_is_not_configured_is_unavailable_and_says_what_to_set() -> None:
    with pytest.raises(ModelUnavailable, match="set OPENAI_API_KEY"):
        await _asked(World({}), "openai/gpt-4o")


async def test_every_model_is_listed_with_what_keeps_it_from_answering() -> None:
    listed = {info.id: info for info in await World({}).models.list_models(SCOPE)}
    assert set(listed) == {
        "acme/*",
        "compatible/*",
        "local/better",
        "local/good",
        "local/odd",
        "local/tiny",
        "openai/*",
        "openai/o9",
    }
    assert [name for name, info in listed.items() if info.ready] == ["local/better", "local/good", "local/tiny"]
    assert listed["openai/o9"].problem == "Not configured: set OPENAI_API_KEY."


async def test_closing_the_gateway_closes_its_wires() -> None:
    world = World({})
    await world.gateway.close()
    assert world.wire.closed == 2


async def _asked(world: World, model: str, **params: object) -> None:
    request = ChatRequest(model, [Message("user", "?")], params=params)
    events = [event async for event in world.models.chat(SCOPE, request)]
    assert isinstance(events[-1], Finished)
