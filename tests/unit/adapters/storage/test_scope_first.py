"""There is no store method without a scope, but for the few that find out what the scope is."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from loomwork.adapters.storage.memory import (
    LocalEventLog,
    MemoryAccountStore,
    MemoryCallLimits,
    MemoryCredentialStore,
    MemoryEventLog,
    MemoryJournal,
    MemoryLeases,
    MemoryRouteStore,
)
from loomwork.adapters.storage.sql.accounts import SqlAccountStore
from loomwork.adapters.storage.sql.apps import SqlAppStore
from loomwork.adapters.storage.sql.conversations import SqlConversationStore
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.gatekeeper import SqlGatekeeperStore
from loomwork.adapters.storage.sql.idempotency import SqlIdempotencyStore
from loomwork.adapters.storage.sql.invitations import SqlInvitationStore
from loomwork.adapters.storage.sql.journal import SqlJournal
from loomwork.adapters.storage.sql.leases import SqlLeases
from loomwork.adapters.storage.sql.limits import SqlLimitStore
from loomwork.adapters.storage.sql.members import SqlMemberStore
from loomwork.adapters.storage.sql.people import SqlPeopleStore
from loomwork.adapters.storage.sql.routes import SqlRouteStore
from loomwork.adapters.storage.sql.runs import SqlRunStore
from loomwork.adapters.storage.sql.standalone_journal import StandaloneJournal
from loomwork.adapters.storage.sql.takeout import SqlTakeoutStore
from loomwork.apps.ports import AppStore, Dispatcher, Leases, RunStore
from loomwork.conversations.api import ConversationStore
from loomwork.engine.ports import EventLog, Journal
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.ports import AccountStore, CallLimits, CredentialStore, RouteStore
from loomwork.tenancy.api import Gatekeeper, IdempotencyStore
from loomwork.tenancy.application import StoredGatekeeper
from loomwork.tenancy.ports import (
    GatekeeperStore,
    InvitationStore,
    LimitStore,
    MemberStore,
    PeopleStore,
    TakeoutStore,
)

PORTS = [
    AppStore,
    RunStore,
    Leases,
    Dispatcher,
    ConversationStore,
    EventLog,
    Journal,
    IdempotencyStore,
    GatekeeperStore,
    Gatekeeper,
    CredentialStore,
    RouteStore,
    AccountStore,
    CallLimits,
    InvitationStore,
    LimitStore,
    MemberStore,
    PeopleStore,
    TakeoutStore,
]
ADAPTERS = [
    SqlAppStore,
    SqlRunStore,
    SqlConversationStore,
    SqlJournal,
    SqlLeases,
    StandaloneJournal,
    SqlIdempotencyStore,
    SqlGatekeeperStore,
    StoredGatekeeper,
    MemoryJournal,
    MemoryLeases,
    MemoryEventLog,
    LocalEventLog,
    SqlCredentialStore,
    SqlRouteStore,
    SqlAccountStore,
    MemoryCredentialStore,
    MemoryRouteStore,
    MemoryAccountStore,
    MemoryCallLimits,
    SqlInvitationStore,
    SqlLimitStore,
    SqlMemberStore,
    SqlPeopleStore,
    SqlTakeoutStore,
]

WITHOUT_SCOPE = {
    # Look after the runs of every workspace.
    *("unfinished", "abandoned", "waking", "waiting"),
    # A secret is how its bearer's scope is found.
    *("by_key", "by_session", "sign_in", "sign_out"),
    *("key_by_hash", "session_by_hash", "spend_sign_in_token", "end_session"),
    # Makes the first scope there is.
    "install",
    # Seal the credentials of every workspace anew.
    *("rotate_all", "rewrap_all"),
    # People are the installation's, and so is what they sign in by.
    *("account", "account_by_email", "account_by_identity", "change_person", "set_password", "keep_password"),
    *("add_token", "reset_password", "person_by_token", "begin_session", "session_of", "sessions", "end_sessions"),
    *("put_factor", "use_code", "remove_factor", "add_identity", "identities", "remove_identity", "rewrap"),
    # Whose an invitation is, its secret or its address says.
    *("invitation_by_hash", "invitation_for", "join"),
    # Say what there is for every workspace alike.
    *("kinds", "documented_kinds", "left_out"),
    # Touch no workspace's rows.
    *("close", "on_end", "forget"),
}


def methods(of: type) -> Iterator[tuple[str, Any]]:
    for name, member in inspect.getmembers(of, inspect.isfunction):
        if not name.startswith("_") and name not in WITHOUT_SCOPE:
            yield f"{of.__name__}.{name}", member


@pytest.mark.parametrize(
    "method", [pytest.param(method, id=name) for of in (*PORTS, *ADAPTERS) for name, method in methods(of)]
)
def test_a_store_method_takes_the_scope_first(method: Any) -> None:
    _self, first, *_ = inspect.signature(method, eval_str=True).parameters.values()
    assert (first.name, first.annotation) == ("scope", Scope)


@pytest.mark.parametrize("of", [*PORTS, *ADAPTERS])
def test_every_store_has_methods_that_are_looked_at(of: type) -> None:
    assert list(methods(of))
