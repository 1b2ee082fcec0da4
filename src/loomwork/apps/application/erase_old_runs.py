"""Take away what is older than it is to be kept: runs that ended with their messages, and conversations that nobody
goes on with.
"""

import asyncio
import logging
from datetime import timedelta

from loomwork.apps.ports import RetentionStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, LoomworkError

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
"""How often is looked. What is to be kept for a day is kept for an hour more at most."""

AT_ONCE = 200
"""Runs that are taken away in one transaction, so that no other has to wait long for its turn to write."""

MOST_DAYS = 36_500

UNUSED_FILES = timedelta(days=1)
"""How long a file is kept that was handed in and that no run has taken."""


def check_days(days: int | None) -> None:
    """Raises `InvalidInput` for what is no number of days to keep something."""
    if days is not None and not 0 < days <= MOST_DAYS:
        raise InvalidInput(f"Say for how many days to keep it, 1 to {MOST_DAYS:,}, or nothing for ever.", field="days")


async def erase_old_runs(retention: RetentionStore, clock: Clock) -> int:
    """How many runs, conversations and files were taken away, of every workspace that says how long to keep them; and
    of all, files that nobody has put to use.
    """
    erased = 0
    for scope, app_id, days in await retention.kept_for():
        before = clock.now() - timedelta(days=days)
        while more := await retention.erase(scope, app_id, before=before, at_most=AT_ONCE):
            erased += more
    erased += await retention.erase_unused_files(before=clock.now() - UNUSED_FILES)
    if erased:
        await retention.forget()
    return erased


async def keep_erasing(retention: RetentionStore, clock: Clock, *, every: float = EVERY_SECONDS) -> None:
    """Look for ever; cancel this to end it."""
    while True:
        try:
            await erase_old_runs(retention, clock)
        except LoomworkError as problem:
            logger.warning("runs that are older than they are to be kept were not taken away: %s", problem.message)
        except Exception:  # what fails once is tried again, as long as the server goes
            logger.exception("Runs that are older than they are to be kept were not taken away.")
        await asyncio.sleep(every)
