"""Things are found by what people call them, and never a wrong one."""

import pytest

from loomwork.interface.cli.naming import found_id, is_whole
from loomwork.kernel.errors import InvalidInput, NotFound

ONE = "01a20687-15e1-707d-934e-93831244bb95"
TWO = "01a20687-07ec-73d5-a3fd-8acd47035d13"
APPS = {ONE: "Weekly report", TWO: "Chat"}


@pytest.mark.parametrize("given", ["Weekly report", "weekly REPORT ", "weekly", "44bb95", "01a20687-15e1", ONE[-8:]])
def test_an_app_is_found_by_its_name_or_a_part_of_either(given: str) -> None:
    assert found_id("app", given, APPS) == ONE


def test_a_name_comes_before_the_beginning_of_another() -> None:
    assert found_id("app", "chat", {ONE: "Chatty", TWO: "Chat"}) == TWO


def test_what_may_be_several_is_asked_for_again_with_their_ids() -> None:
    for given in ("01a20687", "chat"):
        with pytest.raises(InvalidInput, match=f"2 apps: Chat .{ONE}., Chat .{TWO}."):
            found_id("app", given, {ONE: "Chat", TWO: "Chat"})


@pytest.mark.parametrize(
    ("given", "said"),
    [("weekly reprot", "Did you mean 'Weekly report'?"), ("xyz", "loomwork apps list"), ("95", "loomwork apps list")],
)
def test_what_is_nothing_is_refused_with_what_it_may_have_been(given: str, said: str) -> None:
    with pytest.raises(NotFound, match=f"There is no app '{given}' here. .*{said}"):
        found_id("app", given, APPS)


def test_only_a_whole_id_is_taken_as_it_is() -> None:
    assert is_whole(ONE)
    assert not is_whole(ONE[:-1])
    assert not is_whole(ONE.replace("-", ""))
