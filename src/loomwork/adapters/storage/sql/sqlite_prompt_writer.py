"""Commits on the caller's own thread what can be committed without waiting.

The way to the thread that writes and back costs several times what a small transaction does, and an event loop that has
nothing else to do gains nothing by it. Whatever may take long stays with that thread. The turn of another writer: this
connection asks once. The disk: with `synchronous = NORMAL` SQLite waits for it when it brings its write-ahead log into
the file, which this connection never does, and when it writes the head of a log that begins anew after that. So once
in so many commits the thread that writes is asked to do both.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

ASKS_AFTER = 512
"""Commits, after which the log has some 1,500 pages (6 MB). Whoever commits meanwhile waits for it with the thread."""

SLOW_SECONDS = 0.01
"""A commit that takes longer met a slow disk or a busy processor. It usually takes 25 to 100 microseconds."""

SLOW_IN_A_ROW = 3
"""Slow commits that are the disk's doing. One by itself, more likely, had its turn of the processor taken from it."""

PAUSE_SECONDS = 1.0
"""How long a slow disk is left alone, before one commit tries whether it is slow still."""


class PromptWriter:
    """Not for several threads at once, but for `checkpointed`. The file has to be there, and open already."""

    def __init__(self, file: Path, *, monotonic: Callable[[], float], ask_for_checkpoint: Callable[[], None]) -> None:
        """`ask_for_checkpoint` is to have the log begun anew on another thread, then to call `checkpointed`."""
        self._uri = f"{file.absolute().as_uri()}?mode=rw"
        self._monotonic = monotonic
        self._ask_for_checkpoint = ask_for_checkpoint
        self._connection: sqlite3.Connection | None = None
        self._commits = 0
        self._asked = False
        self._slow = 0
        self._not_before = float("-inf")
        self._closed = False

    def write(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        """Have `work` change the database; True once it is committed. False, with nothing changed, where `work` says
        so, where it would be waited for, and where it failed: whoever tries again, and waits, is told why.
        """
        began = self._monotonic()
        if self._closed or self._asked or began < self._not_before:
            return False
        try:
            committed = self._transact(work)
        except sqlite3.Error:
            committed = False
        self._watch_disk(began)
        if committed:
            self.count_commit()
        return committed

    def _watch_disk(self, began: float) -> None:
        ended = self._monotonic()
        self._slow = self._slow + 1 if ended - began > SLOW_SECONDS else 0
        if self._slow >= SLOW_IN_A_ROW:
            self._not_before = ended + PAUSE_SECONDS

    def count_commit(self) -> None:
        """One more transaction, of this connection or of another, is in the log."""
        self._commits += 1
        if self._commits >= ASKS_AFTER and not self._asked and not self._closed:
            self._commits = 0
            self._asked = True
            self._ask_for_checkpoint()

    def checkpointed(self) -> None:
        """The log was begun anew, or will be another time."""
        self._asked = False

    def close(self) -> None:
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _transact(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        connection = self._connection = self._connection or _connect(self._uri)
        try:
            connection.execute("BEGIN IMMEDIATE")
            done = work(connection)
            connection.execute("COMMIT" if done else "ROLLBACK")
        except BaseException:
            # A signal may come between any two of them. What is left of a transaction ends with its connection.
            if connection.in_transaction:
                self._connection = None
                connection.close()
            raise
        return done


def _connect(uri: str) -> sqlite3.Connection:
    # Opened by one thread and closed by another.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        for setting in ("synchronous = NORMAL", "wal_autocheckpoint = 0", "foreign_keys = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {setting}").close()
    except BaseException:
        connection.close()
        raise
    return connection
