"""What is taken out of the text of a document before it is cut."""

import re
from dataclasses import replace

from loomwork.knowledge.domain.chunking import ChunkSettings
from loomwork.knowledge.domain.parsed import Block

_SPACES = re.compile(r"(?<=\S)[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((?:https?://|mailto:)[^\s)]{0,2000}\)")
_URL = re.compile(r"<?\b(?:https?|ftp)://[^\s<>\"'|）】」』，。；、)\]]+>?")
_EMAIL = re.compile(r"(?<![\w.%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def cleaned(block: Block, settings: ChunkSettings) -> Block:
    """The block as the settings want it. Code keeps its spaces: they are part of what it says."""
    text, answer = _cleaned(block.text, settings, block.kind), _cleaned(block.answer, settings, block.kind)
    if text == block.text and answer == block.answer:
        return block
    return replace(block, text=text, answer=answer)


def _cleaned(text: str, settings: ChunkSettings, kind: str) -> str:
    if settings.remove_urls_and_emails:
        text = _EMAIL.sub("", _URL.sub("", _LINK.sub(r"\1", text)))
    if settings.collapse_spaces and kind != "code":
        text = _EMPTY_LINES.sub("\n\n", _SPACES.sub(" ", text))
    return text.strip("\n") if kind == "code" else text.strip()
