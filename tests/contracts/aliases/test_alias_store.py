"""What every `tenancy.api.AliasStore` promises."""

import asyncio

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.kernel.errors import Conflict
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import AliasStore

MODELS = "taskingai.model"


@pytest.fixture
def aliases(storage: Storage) -> AliasStore:
    return storage.aliases


async def test_an_id_means_what_it_was_given_to(aliases: AliasStore, ours: Scope) -> None:
    assert await aliases.meaning(ours, MODELS, "TpAb12Cd") is None
    assert await aliases.add(ours, MODELS, "TpAb12Cd", "openai/gpt") == "TpAb12Cd"
    assert await aliases.meaning(ours, MODELS, "TpAb12Cd") == "openai/gpt"
    assert await aliases.named(ours, MODELS) == {"openai/gpt": "TpAb12Cd"}


async def test_a_thing_keeps_the_id_that_it_has(aliases: AliasStore, ours: Scope) -> None:
    await aliases.add(ours, MODELS, "TpAb12Cd", "openai/gpt")
    assert await aliases.add(ours, MODELS, "TpXy34Zw", "openai/gpt") == "TpAb12Cd"
    assert await aliases.meaning(ours, MODELS, "TpXy34Zw") is None


async def test_an_id_is_not_given_twice(aliases: AliasStore, ours: Scope) -> None:
    await aliases.add(ours, MODELS, "TpAb12Cd", "openai/gpt")
    with pytest.raises(Conflict):
        await aliases.add(ours, MODELS, "TpAb12Cd", "groq/llama")
    assert await aliases.meaning(ours, MODELS, "TpAb12Cd") == "openai/gpt"


async def test_of_many_at_once_all_get_the_same_id(aliases: AliasStore, ours: Scope) -> None:
    given = await asyncio.gather(*(aliases.add(ours, MODELS, f"Tp00000{n}", "openai/gpt") for n in range(5)))
    assert len(set(given)) == 1


async def test_surfaces_and_workspaces_have_ids_of_their_own(aliases: AliasStore, ours: Scope, theirs: Scope) -> None:
    await aliases.add(ours, MODELS, "TpAb12Cd", "openai/gpt")
    assert await aliases.meaning(theirs, MODELS, "TpAb12Cd") is None
    assert await aliases.meaning(ours, "openai.file", "TpAb12Cd") is None
    assert await aliases.add(theirs, MODELS, "TpAb12Cd", "groq/llama") == "TpAb12Cd"
    assert await aliases.add(ours, "openai.file", "TpAb12Cd", "x") == "TpAb12Cd"
    assert await aliases.named(theirs, MODELS) == {"groq/llama": "TpAb12Cd"}
