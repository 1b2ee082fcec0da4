"""The chain of the audit trail, and what breaks it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from loomwork.tenancy.domain.audit import AuditEntry, Link, chain_problem, details_text, is_action, sealed

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def entry(number: int, previous: str, **given: Any) -> AuditEntry:
    made = AuditEntry(
        id=f"id-{number}",
        number=number,
        at=AT,
        actor_kind="person",
        actor_id="owner",
        via="console",
        address="127.0.0.1",
        action="app.created",
        object_kind="app",
        object_id="an-app",
        details="{}",
        previous=previous,
    )
    made = replace(made, **given)
    return replace(made, seal=sealed("w", made))


def chain(count: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(1, count + 1):
        entries.append(entry(number, entries[-1].seal if entries else ""))
    return entries


def problem(entries: list[AuditEntry], **given: Any) -> tuple[int, str] | None:
    found = chain_problem("w", entries, **{"after": Link(), **given})
    return None if found is None else (found.number, found.kind)


def test_a_chain_holds_whole_and_in_parts() -> None:
    entries = chain(5)
    assert problem(entries) is None
    assert problem(entries[2:], after=Link(2, entries[1].seal)) is None
    assert problem([]) is None


CHANGES: dict[str, Any] = {
    "id": "another",
    "at": AT + timedelta(microseconds=1),
    "actor_kind": "key",
    "actor_id": "another",
    "via": "api",
    "address": "203.0.113.9",
    "action": "app.deleted",
    "object_kind": "key",
    "object_id": "another",
    "details": '{"a":1}',
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_field_is_found(name: str) -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], **{name: CHANGES[name]})
    assert problem(entries) == (2, "changed")


def test_an_entry_that_is_changed_and_sealed_anew_breaks_the_link_after_it() -> None:
    entries = chain(3)
    entries[1] = entry(2, entries[0].seal, actor_id="another")
    assert problem(entries) == (3, "unlinked")


def test_an_entry_that_is_left_out_or_put_in_or_moved_is_found() -> None:
    one, two, three = chain(3)
    assert problem([one, three]) == (3, "missing")
    assert problem([two, three]) == (2, "missing")
    assert problem([one, one, two]) == (1, "missing")
    assert problem([one, three, two]) == (3, "missing")


def test_a_whole_chain_that_was_written_anew_is_found_by_what_was_noted_elsewhere() -> None:
    noted = Link(2, chain(3)[1].seal)
    forged = [entry(1, "", actor_id="another")]
    forged.append(entry(2, forged[0].seal))
    assert problem(forged) is None
    assert problem(forged, noted=noted) == (2, "replaced")
    assert problem(chain(3), noted=noted) is None


def test_an_entry_is_sealed_for_its_workspace_and_its_moment_wherever_that_is_said() -> None:
    (one,) = chain(1)
    assert sealed("w", one) != sealed("another", one)
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    assert sealed("w", replace(one, at=elsewhere)) == one.seal


def test_details_are_short_json_with_keys_in_order() -> None:
    assert details_text({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'
    long = details_text({"document": "x" * 100_000, "name": "n"})
    assert long == '{"left_out":["document","name"]}'
    assert len(details_text({"k" * 1000 + str(each): "x" for each in range(1000)})) < 4_000


@pytest.mark.parametrize("text", ["app.published", "sign_in_link.created"])
def test_a_noun_and_what_befell_it_is_an_action(text: str) -> None:
    assert is_action(text)


@pytest.mark.parametrize("text", ["", "app", "app.", ".published", "App.published", "app.published\n", "a.b.c"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_action(text)
