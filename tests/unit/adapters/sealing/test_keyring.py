"""What is sealed opens with its key, in its place, and nowhere else."""

import pytest

from loomwork.adapters.sealing.keyring import CannotOpen, Keyring, WrappedKey, new_data_key, seal, unseal

PLACE = ("workspace", "table", "row", "openai", None)
OLD, NEW = b"the old secret key, long enough to be one", b"the new secret key, long enough to be one"


def test_what_was_sealed_opens_in_its_place_only() -> None:
    key = new_data_key()
    sealed = seal(key, b"sk-secret", PLACE)
    assert b"sk-secret" not in sealed
    assert unseal(key, sealed, PLACE) == b"sk-secret"
    others = (PLACE[:-1], (*PLACE[:-1], ""), (*PLACE[:-1], "null"), (*PLACE, None), ("workspacetable", *PLACE[2:]))
    for other in others:
        with pytest.raises(CannotOpen):
            unseal(key, sealed, other)
    with pytest.raises(CannotOpen):
        unseal(new_data_key(), sealed, PLACE)


def test_no_two_seals_of_one_thing_are_alike() -> None:
    key = new_data_key()
    assert len({seal(key, b"sk-secret", PLACE) for _ in range(50)}) == 50


def test_whatever_is_cut_or_changed_does_not_open() -> None:
    key = new_data_key()
    sealed = seal(key, b"", PLACE)
    broken = [sealed[:length] for length in range(len(sealed))]
    broken += [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for each in (*broken, sealed + b"\0"):
        with pytest.raises(CannotOpen):
            unseal(key, each, PLACE)


def test_a_keyring_opens_what_any_of_its_keys_wrapped_and_wraps_with_the_first() -> None:
    data_key = new_data_key()
    wrapped = Keyring([OLD]).wrap(data_key, PLACE)
    both = Keyring([NEW, OLD])
    assert both.unwrap(wrapped, PLACE) == data_key
    assert both.wrap(data_key, PLACE).by == both.current == Keyring([NEW]).current != wrapped.by
    with pytest.raises(CannotOpen, match=wrapped.by):
        Keyring([NEW]).unwrap(wrapped, PLACE)
    with pytest.raises(CannotOpen):
        both.unwrap(wrapped, PLACE[1:])
    with pytest.raises(CannotOpen):
        both.unwrap(WrappedKey(both.current, wrapped.sealed), PLACE)


def test_keys_are_not_shown() -> None:
    data_key = new_data_key()
    ring = Keyring([OLD])
    shown = repr(ring) + repr(ring.wrap(data_key, PLACE)) + str(ring)
    for secret in (OLD, data_key):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown


def test_the_order_of_the_keys_in_a_ring_of_equal_ones_does_not_matter() -> None:
    data_key = new_data_key()
    ring = Keyring([OLD, OLD])
    assert ring.unwrap(ring.wrap(data_key, PLACE), PLACE) == data_key
    with pytest.raises(ValueError, match="needs a key"):
        Keyring([])
