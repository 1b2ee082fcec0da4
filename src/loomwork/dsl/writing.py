"""A document back to text: YAML that reads as an equal tree, in the order and the types that it came in."""

import re
from typing import Any

import yaml

from loomwork.dsl.document import Document

_NEVER_FOLD = 2**31 - 1
_OTHER_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """PyYAML's own emitter, not libyaml's: that one writes every emoji as an escape."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Lines of text stay lines. Line ends that YAML would turn into others are written as escapes."""
    if _OTHER_LINE_ENDS.search(text):
        return '"'
    return "|" if "\n" in text else None


_Dumper.add_representer(str, _represent_text)


def write_document(document: Document) -> str:
    """The document as YAML. Reading it again gives an equal tree: unknown keys, key order and scalar types included."""
    return write_tree(document.tree)


def write_tree(tree: Any) -> str:
    """Plain data as YAML, one line per scalar unless it has lines of its own."""
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_NEVER_FOLD)
