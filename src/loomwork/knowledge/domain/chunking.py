"""How documents are cut, and what is cut from them."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

ChunkMode = Literal["general", "parent_child", "qa", "one_chunk"]
Prefix = Literal["none", "title", "headings"]
LARGEST_CHUNK = 8192


class ChunkSettings(BaseModel):
    """How a knowledge base cuts its documents. Sizes in tokens.

    `general` cuts by structure, then by tokens. `parent_child` finds by small pieces and answers with the larger one
    around them (`parent`: of `parent_size`, or the whole document). `qa` has a chunk for each question, found by the
    question and answered with both. `one_chunk` leaves a document whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: ChunkMode = "general"
    size: int = Field(default=256, ge=16, le=LARGEST_CHUNK)
    overlap: int = Field(default=32, ge=0, le=LARGEST_CHUNK)
    separators: tuple[str, ...] = Field(default=(), max_length=16)
    """Where to cut before structure is looked at; nothing means by structure alone."""
    parent: Literal["paragraph", "full_document"] = "paragraph"
    parent_size: int = Field(default=1024, ge=32, le=LARGEST_CHUNK)
    prefix: Prefix = "headings"
    """What is put before a chunk when it is embedded and searched: the title, or the title and the headings above."""
    collapse_spaces: bool = True
    remove_urls_and_emails: bool = False

    @model_validator(mode="after")
    def _overlap_is_smaller(self) -> "ChunkSettings":
        if self.overlap * 2 > self.size:
            raise ValueError("The overlap may be at most half of the size of a chunk.")
        if any(not separator or len(separator) > 64 for separator in self.separators):
            raise ValueError("A separator has 1 to 64 characters.")
        return self


@dataclass(frozen=True, slots=True)
class ChunkDraft:
    """One chunk as it was cut. `text` is what is shown and given to models; `headings` are those above it, outermost
    first; `page` the one it begins on; `begin` is the place of its first block in the document, counted from 0, and
    `end` the one after its last. `context` is the prefix as its settings ask, "" for none. `children` are the texts
    it is found by in `parent_child` mode.
    """

    text: str
    tokens: int
    headings: tuple[str, ...] = ()
    page: int | None = None
    begin: int = 0
    end: int = 0
    context: str = ""
    answer: str = ""
    children: tuple[str, ...] = field(default=())
