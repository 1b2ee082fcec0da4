"""Pages of lists that are held whole."""

import pytest

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import Page, PageRequest, page_within


def page(items: str, limit: int, after: str | None = None) -> Page[str]:
    return page_within(items, PageRequest(limit, after), lambda item: item)


def test_each_page_begins_behind_the_last_item_of_the_one_before() -> None:
    assert page("dbca", 2) == Page(["d", "b"], next="b")
    assert page("dbca", 2, "b") == Page(["c", "a"])
    assert page("dbca", 3, "d") == Page(["b", "c", "a"])


def test_a_list_that_ends_with_a_page_has_no_page_behind_it() -> None:
    assert page("ab", 2) == Page(["a", "b"])
    assert page("ab", 2, "b") == Page([])
    assert page("", 2) == Page([])


def test_a_cursor_that_no_page_ended_with_is_refused() -> None:
    with pytest.raises(InvalidInput, match="begin again"):
        page("ab", 1, "z")
