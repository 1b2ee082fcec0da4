"""What the server asks of Python's collector of cycles."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from loomwork.bootstrap.collector import THRESHOLDS, spare_what_stays


class Knot:
    """Refers to itself, so that only the collector lets go of it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_the_start_left_is_not_looked_at_again() -> None:
    kept = Knot()
    spare_what_stays()
    assert gc.get_freeze_count() > 0
    assert not any(known is kept for known in gc.get_objects())
    assert gc.get_threshold() == THRESHOLDS


def test_garbage_of_the_start_is_let_go_of_and_so_is_what_comes_later() -> None:
    early = weakref.ref(Knot())
    spare_what_stays()
    late = weakref.ref(Knot())
    gc.collect()
    assert (early(), late()) == (None, None)
