"""Ids: fresh ones, and those that follow from others."""

from uuid import UUID

import pytest

from loomwork.kernel.ids import derived_id, new_id


def test_a_derived_id_is_the_same_for_the_same_parent_and_key_and_no_other() -> None:
    parent, other = new_id(), new_id()
    assert derived_id(parent, "a") == derived_id(parent, "a")
    assert len({derived_id(parent, "a"), derived_id(parent, "b"), derived_id(other, "a"), parent, other}) == 5


def test_a_derived_id_is_of_the_shape_and_the_time_of_its_parent() -> None:
    parent = new_id()
    for key in range(100):
        derived = UUID(derived_id(parent, str(key)))
        assert (derived.version, derived.variant) == (7, UUID(parent).variant)
        assert str(derived)[:13] == parent[:13]


def test_an_id_follows_only_from_an_id() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        derived_id("run", "a")
