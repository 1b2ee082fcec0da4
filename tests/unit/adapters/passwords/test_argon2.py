"""How passwords are hashed."""

import pytest

from loomwork.adapters.passwords import Argon2Passwords

pytestmark = pytest.mark.anyio


@pytest.fixture
def quick() -> Argon2Passwords:
    return Argon2Passwords(memory_kib=8, passes=1, lanes=1)


async def test_a_password_is_hashed_with_argon2id_at_the_costs_of_the_rfc() -> None:
    assert (await Argon2Passwords().hash("p")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_the_same_password_is_never_hashed_to_the_same_twice(quick: Argon2Passwords) -> None:
    one, two = await quick.hash("p"), await quick.hash("p")
    assert one != two
    assert await quick.verify("p", one)
    assert await quick.verify("p", two)
    assert not await quick.verify("q", one)


@pytest.mark.parametrize("hashed", [None, "", "x", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$abc"])
async def test_nothing_is_the_password_of_nobody(quick: Argon2Passwords, hashed: str | None) -> None:
    for guess in ("", "of nobody", "p"):
        assert not await quick.verify(guess, hashed)


async def test_a_hash_of_other_costs_is_outdated(quick: Argon2Passwords) -> None:
    hashed = await quick.hash("p")
    assert not quick.is_outdated(hashed)
    assert Argon2Passwords(memory_kib=16, passes=1, lanes=1).is_outdated(hashed)
