"""Function names that a model takes."""

import re

from loomwork.nodes.agent.names import function_names


def test_a_tool_keeps_its_name_where_no_other_has_it() -> None:
    names = ["time/now", "web/search", "wiki/search"]
    assert function_names(names) == {"now": names[0], "web__search": names[1], "wiki__search": names[2]}


def test_every_name_fits_and_none_collides() -> None:
    names = ["a.b/x", "a_b/x", "a/y" + "z" * 99, "b/y" + "z" * 99, "a/ü", "b/ö", "c/", "a/x__y", "a__x/y", "d/y"]
    chosen = function_names(names)
    assert sorted(chosen.values()) == sorted(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in chosen)
    assert chosen == function_names(names)
