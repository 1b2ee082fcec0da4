"""What "written back equal" means: equal in value, in scalar types and in the order of keys."""

from typing import Any

import yaml


def same_tree(one: Any, other: Any) -> bool:
    """Whether two trees of plain data are the same. NaN equals NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return same_tree(list(one), list(other)) and same_tree(list(one.values()), list(other.values()))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same_tree, one, other))
    return bool(one == other or (one != one and other != other))


def tree_inside(data: bytes | str) -> Any:
    """The document that a file holds or wraps, by PyYAML alone: our own reader is what is measured."""
    tree = yaml.load(data, Loader=yaml.CSafeLoader)
    if isinstance(tree, dict) and "app" not in tree and isinstance(tree.get("data"), str):
        return yaml.load(tree["data"], Loader=yaml.CSafeLoader)
    return tree
