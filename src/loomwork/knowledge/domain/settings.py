"""What a knowledge base is set to: how it answers, and what it is called."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loomwork.knowledge.domain.chunking import ChunkSettings

Method = Literal["vector", "text", "hybrid"]
Fusion = Literal["weights", "rrf"]
MOST_PASSAGES = 100
LONGEST_NAME = 200
MOST_ALIASES = 50
LONGEST_DESCRIPTION = 4000


class RetrievalSettings(BaseModel):
    """How passages are found. `vector` finds by meaning, `text` by words, `hybrid` by both, put together by weights (of
    scores brought to 0 to 1; `vector_weight` is that of meaning) or by reciprocal rank fusion. `threshold` is a least
    score. `rewrite_model` has the question asked in other words as well, and `filter_model` chooses documents by what
    stands beside them, where the question names it. `neighbours` counts chunks before and after a found one that are
    given with it; `most_tokens` bounds all passages of an answer together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = "hybrid"
    top_k: int = Field(default=5, ge=1, le=MOST_PASSAGES)
    threshold: float | None = Field(default=None, ge=0, le=1)
    fusion: Fusion = "weights"
    vector_weight: float = Field(default=0.8, ge=0, le=1)
    rerank_model: str | None = Field(default=None, max_length=200)
    rewrite_model: str | None = Field(default=None, max_length=200)
    filter_model: str | None = Field(default=None, max_length=200)
    neighbours: int = Field(default=0, ge=0, le=5)
    most_tokens: int | None = Field(default=None, ge=1)


class KnowledgeSettings(BaseModel):
    """`embedding_model` is `provider/model`, `store` the kind of vector store; both, and how is cut, are changed by
    indexing anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    description: str = Field(default="", max_length=LONGEST_DESCRIPTION)
    embedding_model: str = Field(min_length=1, max_length=200)
    store: str = Field(min_length=1, max_length=40)
    aliases: tuple[str, ...] = Field(default=(), max_length=MOST_ALIASES)
    """The ids by which apps from elsewhere know it."""
    chunking: ChunkSettings = ChunkSettings()
    retrieval: RetrievalSettings = RetrievalSettings()

    @model_validator(mode="after")
    def _has_a_name(self) -> "KnowledgeSettings":
        if not self.name.strip():
            raise ValueError("A knowledge base needs a name.")
        if any(not 0 < len(each) <= LONGEST_NAME for each in self.aliases):
            raise ValueError(f"An alias has 1 to {LONGEST_NAME} characters.")
        return self
