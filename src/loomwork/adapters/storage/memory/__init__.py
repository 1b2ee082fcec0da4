"""Journal, leases, event logs, and what the model gateway keeps, in this process's memory."""

from loomwork.adapters.storage.memory.accounts import MemoryAccountStore
from loomwork.adapters.storage.memory.call_limits import MemoryCallLimits
from loomwork.adapters.storage.memory.credentials import MemoryCredentialStore
from loomwork.adapters.storage.memory.event_log import MemoryEventLog
from loomwork.adapters.storage.memory.journal import MemoryJournal
from loomwork.adapters.storage.memory.leases import MemoryLeases
from loomwork.adapters.storage.memory.local_event_log import LocalEventLog
from loomwork.adapters.storage.memory.plugins import MemoryPluginBook
from loomwork.adapters.storage.memory.routes import MemoryRouteStore
from loomwork.adapters.storage.memory.tools import (
    MemoryApiStore,
    MemoryMcpStore,
    MemoryOutputStore,
    MemorySwitchStore,
    MemoryToolCredentialStore,
)

__all__ = [
    "LocalEventLog",
    "MemoryAccountStore",
    "MemoryApiStore",
    "MemoryCallLimits",
    "MemoryCredentialStore",
    "MemoryEventLog",
    "MemoryJournal",
    "MemoryLeases",
    "MemoryMcpStore",
    "MemoryOutputStore",
    "MemoryPluginBook",
    "MemoryRouteStore",
    "MemorySwitchStore",
    "MemoryToolCredentialStore",
]
