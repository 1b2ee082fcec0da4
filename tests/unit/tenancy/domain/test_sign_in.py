"""How long a session lasts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from loomwork.tenancy.domain import SESSION_LIFE, SIGN_IN_LIFE, Session, session_is_valid

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SESSION = Session("s", "p", "link", NOON, NOON + SESSION_LIFE)


@pytest.mark.parametrize(("after", "valid"), [(timedelta(0), True), (timedelta(days=29), True), (SESSION_LIFE, False)])
def test_a_session_ends_by_itself(after: timedelta, valid: bool) -> None:
    assert session_is_valid(SESSION, now=NOON + after) is valid


def test_a_revoked_session_is_over() -> None:
    assert not session_is_valid(replace(SESSION, revoked_at=NOON), now=NOON)


def test_lives_are_as_promised() -> None:
    assert (timedelta(minutes=15), timedelta(days=30)) == (SIGN_IN_LIFE, SESSION_LIFE)
