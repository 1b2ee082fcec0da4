"""The shapes of apps' life: versions and where they stand, differences, tags."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from pydantic import Field

from loomwork.apps.api import Difference, Environment, Promotion, Version, difference_lines
from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.encoding import JsonValue

MOST_NUMBER = 2**31 - 1


class PublishBody(RequestShape):
    """Both may be left out, and so may the body."""

    notes: str = Field(default="", max_length=10_000, examples=["Answers in the language of the question."])
    environment: Environment = Field(
        default="prod", description="Where the version is to stand; in `prod` it is what visitors get."
    )


class NotesBody(RequestShape):
    notes: str = Field(max_length=10_000, examples=["The one that the fair ran with."])


class VersionShape(Shape):
    """A frozen draft."""

    number: int = Field(examples=[1])
    published_at: datetime
    published_by: str = Field(description="The id of who published it.")
    notes: str

    @classmethod
    def of(cls, version: Version) -> "VersionShape":
        return cls.model_validate(version)


class StandingVersionShape(VersionShape):
    """A frozen draft, and where it is used."""

    environments: list[Environment] = Field(description="Where it stands now.", examples=[["dev", "staging"]])

    @classmethod
    def standing(cls, version: Version, environments: Collection[Environment]) -> "StandingVersionShape":
        return cls(**VersionShape.of(version).model_dump(), environments=list(environments))


class PromotionShape(Shape):
    """A version was put into an environment."""

    environment: Environment
    number: int = Field(examples=[3])
    promoted_at: datetime
    promoted_by: str

    @classmethod
    def of(cls, promotion: Promotion) -> "PromotionShape":
        return cls.model_validate(promotion)


class PromoteBody(RequestShape):
    number: int | None = Field(
        default=None,
        ge=1,
        le=MOST_NUMBER,
        description="The version; without it, the one that stands in the environment before.",
    )


class FieldChangeShape(Shape):
    path: str = Field(examples=["prompt_template[0].text"])
    change: Literal["added", "removed", "changed"]
    before: JsonValue = None
    after: JsonValue = None


class NodeChangeShape(Shape):
    id: str
    change: Literal["added", "removed", "changed"]
    type: str = Field(examples=["llm"])
    title: str
    fields: list[FieldChangeShape]


class EdgeChangeShape(Shape):
    change: Literal["added", "removed"]
    source: str
    handle: str
    target: str


class DifferenceShape(Shape):
    """What changes from one version to another, by meaning; where nodes stand on the canvas is left out."""

    nodes: list[NodeChangeShape]
    edges: list[EdgeChangeShape]
    settings: list[FieldChangeShape]
    lines: list[str] = Field(description="The same for people.", examples=[["+ node check 'Check' (if-else)"]])

    @classmethod
    def of(cls, found: Difference) -> "DifferenceShape":
        return cls(
            nodes=[NodeChangeShape.model_validate(node) for node in found.nodes],
            edges=[EdgeChangeShape.model_validate(edge) for edge in found.edges],
            settings=[FieldChangeShape.model_validate(change) for change in found.settings],
            lines=list(difference_lines(found)),
        )


class CopyBody(RequestShape):
    """The body may be left out."""

    name: str | None = Field(
        default=None, min_length=1, max_length=200, description="Without it, that of the original with a number."
    )


class TagsBody(RequestShape):
    tags: list[str] = Field(max_length=50, examples=[["support", "summer"]])


class AppTagsShape(Shape):
    """The tags of one app."""

    tags: list[str] = Field(examples=[["support", "summer"]])


class TagShape(Shape):
    tag: str = Field(examples=["support"])
    apps: int = Field(examples=[2])
