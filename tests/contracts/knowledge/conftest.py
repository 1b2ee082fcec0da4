"""A room of knowledge over each kind of database."""

from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from tests.unit.knowledge.stand_ins import Room


@pytest.fixture
def room(storage: Storage, clock: Any) -> Room:
    return Room(storage, clock)
