"""The blocks of documents with pages, out of what the library says of each node of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from loomwork.adapters.documents.blocks import blocks_of_markdown
from loomwork.adapters.documents.tables import markdown_table
from loomwork.knowledge.domain.parsed import Block

LONG_LINE = 0.6
"""Of the longest line of a paragraph: a line that is shorter was ended by its writer, not by the width of the page."""

SHORTEST_FULL_LINE = 20
BULLET = "- "
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_LAST_WORD = re.compile(r"[a-z]{1,20}\.\s")
_ENDS = re.compile(r"[。！？!?.:：;；）)」』”\"]$")


def blocks_of_nodes(nodes: Sequence[Mapping[str, Any]]) -> list[Block]:
    """In order. A heading without a page is on that of what follows it."""
    found: list[Block] = []
    for block in _blocks(nodes):
        if block.kind == "list" and found and found[-1].kind == "list" and found[-1].page == block.page:
            found[-1] = replace(found[-1], text=f"{found[-1].text}\n{block.text}")
        elif found and _goes_on(found[-1], block):
            found[-1] = replace(found[-1], text=_joined(found[-1].text, block.text.removeprefix(BULLET)))
        else:
            found.append(block)
    return _with_pages(found)


def blocks_of_marked(content: str, marker: str) -> tuple[list[Block], int]:
    """Of Markdown in which a line of the marker and a number begins each page, and how many pages there are."""
    first, *pages = re.split(rf"^{marker}(\d+)\s*$", content, flags=re.MULTILINE)
    blocks = blocks_of_markdown(first)
    for number, said in zip(pages[::2], pages[1::2], strict=True):
        blocks += blocks_of_markdown(said, int(number))
    return blocks, len(pages) // 2


def _blocks(nodes: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    for node in nodes:
        content: Mapping[str, Any] = node["content"]
        page, text = node.get("page"), str(content.get("text") or "").strip()
        match content["node_type"]:
            case "heading" | "title" if text:
                yield Block("heading", " ".join(text.split()), level=int(content.get("level") or 1), page=page)
            case "table":
                if table := _table(content["grid"]):
                    yield Block("table", table, page=page)
            case "list_item" if text:
                yield Block("list", f"{BULLET}{_unwrapped(text)}", page=page)
            case "code" if text:
                yield Block("code", f"```\n{text}\n```", page=page)
            case _ if text:
                yield Block("text", _unwrapped(text), page=page)


def _table(grid: Mapping[str, Any]) -> str:
    rows = [[""] * int(grid["cols"]) for _ in range(int(grid["rows"]))]
    for cell in grid["cells"]:
        rows[int(cell["row"])][int(cell["col"])] = str(cell["content"])
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return markdown_table(filled)


def _unwrapped(text: str) -> str:
    """Lines that only the width of the page had ended are one again."""
    first, *rest = text.splitlines()
    longest = max(map(len, (first, *rest)))
    said, last = first, first
    for line in rest:
        is_full = len(last) >= max(longest * LONG_LINE, SHORTEST_FULL_LINE)
        said, last = (_joined(said, line) if is_full else f"{said}\n{line}"), line
    return said


def _joined(before: str, after: str) -> str:
    """Chinese has no space where a line was broken, and a hyphen there may be a word's own."""
    no_space = _CJK.match(before[-1:]) and _CJK.match(after[:1])
    return f"{before}{'' if no_space else ' '}{after}"


def _goes_on(before: Block, after: Block) -> bool:
    """Whether a paragraph was taken for two: one of Chinese where a line ended within a sentence, any other where a
    page did.
    """
    if before.kind != "text" or _ENDS.search(before.text):
        return False
    if len(before.text.rpartition("\n")[2]) < SHORTEST_FULL_LINE:
        return False
    if after.kind == "text" and _CJK.match(before.text[-1:]) and _CJK.match(after.text[:1]):
        return True
    if after.kind == "list":
        # The library takes a line that begins with the last word of a sentence for the item of a list.
        return _LAST_WORD.match(after.text.removeprefix(BULLET)) is not None
    return after.kind == "text" and after.page != before.page and after.text[:1].islower()


def _with_pages(blocks: Sequence[Block]) -> list[Block]:
    found: list[Block] = []
    page = None
    for block in reversed(blocks):
        page = block.page or page
        found.append(replace(block, page=page))
    return found[::-1]
