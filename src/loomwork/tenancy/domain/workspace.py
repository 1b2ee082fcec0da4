"""A workspace: the wall that everything else stands behind."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import WorkspaceId

MOST_SLUG = 60
FIRST_SLUG = "default"
"""The slug of the workspace that the first start makes. It is unique, so there is one, however many start at once."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Workspace:
    """`slug` is its name in addresses and on the command line; no other workspace of the installation has it."""

    id: WorkspaceId
    name: str
    created_at: datetime
    slug: str = FIRST_SLUG

    @property
    def is_first(self) -> bool:
        return self.slug == FIRST_SLUG


def checked_slug(text: str) -> str:
    """Raises `InvalidInput` for what cannot be a slug."""
    if len(text) > MOST_SLUG or not _SLUG.fullmatch(text):
        raise InvalidInput(
            f"A short name has at most {MOST_SLUG} characters: a to z, 0 to 9, and single hyphens between them.",
            field="slug",
        )
    return text


def slug_of(name: str) -> str:
    """A slug that resembles a name. Raises `InvalidInput` for a name without a letter of ASCII or a digit in it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:MOST_SLUG].strip("-")
    if not slug:
        raise InvalidInput("Give the workspace a short name too: its name has no letter from a to z.", field="slug")
    return slug
