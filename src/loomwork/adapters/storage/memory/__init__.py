"""Journal, leases and event logs in this process's memory."""

from loomwork.adapters.storage.memory.event_log import MemoryEventLog
from loomwork.adapters.storage.memory.journal import MemoryJournal
from loomwork.adapters.storage.memory.leases import MemoryLeases
from loomwork.adapters.storage.memory.local_event_log import LocalEventLog

__all__ = ["LocalEventLog", "MemoryEventLog", "MemoryJournal", "MemoryLeases"]
