"""Who calls models too often is told when there is room again, and nobody else is kept waiting for it."""

from datetime import datetime

import pytest

from loomwork.adapters.storage.memory import MemoryCallLimits
from loomwork.adapters.storage.memory import call_limits as module
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.model_gateway.api import NOBODY, Spender, TooManyCalls
from loomwork.model_gateway.domain.limits import RateLimits

OURS, THEIRS = (Scope(WorkspaceId(name), SYSTEM) for name in ("ours", "theirs"))


class SetClock:
    time = 1000.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        raise AssertionError("the time of day may be set back")


async def test_each_app_key_and_workspace_has_its_own_limit() -> None:
    clock = SetClock()
    limits = MemoryCallLimits(RateLimits(workspace_calls=4, app_calls=2, key_calls=3), clock)
    for _ in range(2):
        await limits.admit(OURS, Spender(app_id="a", key_id="k"), 0)
    with pytest.raises(TooManyCalls, match="This app may use 2 model calls a minute") as refused:
        await limits.admit(OURS, Spender(app_id="a", key_id="k"), 0)
    assert refused.value.retry_after == pytest.approx(30.0)
    await limits.admit(OURS, Spender(app_id="b", key_id="k"), 0)
    with pytest.raises(TooManyCalls, match="This key"):
        await limits.admit(OURS, Spender(app_id="b", key_id="k"), 0)
    await limits.admit(OURS, NOBODY, 0)
    with pytest.raises(TooManyCalls, match="This workspace"):
        await limits.admit(OURS, NOBODY, 0)
    for _ in range(2):
        await limits.admit(THEIRS, Spender(app_id="a"), 0)
    clock.time += refused.value.retry_after or 0
    await limits.admit(OURS, Spender(app_id="a"), 0)


async def test_a_refused_call_takes_from_no_bucket() -> None:
    limits = MemoryCallLimits(RateLimits(workspace_calls=2, app_calls=1), SetClock())
    await limits.admit(OURS, Spender(app_id="a"), 0)
    for _ in range(5):
        with pytest.raises(TooManyCalls, match="This app"):
            await limits.admit(OURS, Spender(app_id="a"), 0)
    await limits.admit(OURS, Spender(app_id="b"), 0)


async def test_tokens_that_were_not_used_are_given_back() -> None:
    limits = MemoryCallLimits(RateLimits(workspace_tokens=100), SetClock())
    await limits.admit(OURS, NOBODY, 100)
    with pytest.raises(TooManyCalls, match="100 model tokens a minute"):
        await limits.admit(OURS, NOBODY, 50)
    await limits.give_back(OURS, NOBODY, 60)
    await limits.admit(OURS, NOBODY, 50)
    with pytest.raises(TooManyCalls):
        await limits.admit(OURS, NOBODY, 50)


async def test_without_limits_nothing_is_counted() -> None:
    limits = MemoryCallLimits(RateLimits(), SetClock())
    for _ in range(1000):
        await limits.admit(OURS, Spender("a", key_id="k"), 10**9)
    assert limits._buckets == {}


async def test_buckets_of_those_who_have_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BUCKETS", 10)
    clock = SetClock()
    limits = MemoryCallLimits(RateLimits(key_calls=60), clock)
    for number in range(11):
        await limits.admit(OURS, Spender(key_id=str(number)), 0)
    clock.time += 2
    await limits.admit(OURS, Spender(key_id="new"), 0)
    assert len(limits._buckets) == 1


def test_whether_there_are_limits_is_known_beforehand() -> None:
    assert MemoryCallLimits(RateLimits(), SetClock()).are_none
    assert not MemoryCallLimits(RateLimits(end_user_tokens=1), SetClock()).are_none
