"""API keys."""

import pytest

from loomwork.kernel.errors import InvalidInput
from loomwork.tenancy.domain.key import PREFIXES, KeyKind, last_four, make_key, may_be_key, owning

KINDS: list[KeyKind] = ["app", "dataset", "workspace"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_begins_with_what_it_is_for(kind: KeyKind) -> None:
    key = make_key(kind, lambda count: b"\xff" * count)
    assert key.startswith({"app": "app-", "dataset": "dataset-", "workspace": "lw-"}[kind])
    assert may_be_key(key)
    assert len(key) == len(PREFIXES[kind]) + 43


@pytest.mark.parametrize("text", ["", "app-", "a" * 43, "sk-" + "a" * 43, "app-" + "a" * 42, "Bearer app-" + "a" * 43])
def test_what_has_another_form_is_no_key(text: str) -> None:
    assert not may_be_key(text)


def test_only_the_end_of_a_key_is_shown() -> None:
    assert last_four("app-abcdefgh") == "efgh"


@pytest.mark.parametrize(("kind", "subject"), [("app", "a1"), ("dataset", "d1"), ("workspace", None)])
def test_a_key_opens_one_thing_or_the_workspace(kind: KeyKind, subject: str | None) -> None:
    assert owning(kind, subject) == subject


@pytest.mark.parametrize(("kind", "subject"), [("app", None), ("dataset", ""), ("workspace", "a1"), ("root", "a1")])
def test_a_key_for_nothing_or_for_too_much_is_refused(kind: KeyKind, subject: str | None) -> None:
    with pytest.raises(InvalidInput):
        owning(kind, subject)
