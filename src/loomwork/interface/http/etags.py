"""Which draft a change is made to: `ETag` says what a caller has read, `If-Match` what the change is for (RFC 9110)."""

from typing import Annotated

from fastapi import Header

from loomwork.kernel.errors import InvalidInput

IfMatch = Annotated[
    str | None,
    Header(
        description="The `ETag` of the draft that the change is made to; refused with 412 where it is another by now.",
        max_length=100,
    ),
]


def etag(revision: int) -> str:
    """The strong tag of a revision."""
    return f'"{revision}"'


def wanted_revision(if_match: str | None) -> int | None:
    """The revision that the header names; None where any will do. Raises `InvalidInput` for what is no tag of ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip()
    number = tag[1:-1] if len(tag) > 2 and tag[0] == tag[-1] == '"' else ""
    # Twelve digits are more than any draft gets to, and fit every database.
    if not (number.isascii() and number.isdigit() and len(number) <= 12):
        raise InvalidInput('`If-Match` takes one ETag as it was sent, such as "7", or *.', field="If-Match")
    return int(number)
