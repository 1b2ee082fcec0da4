"""Say what an app is found by."""

from collections.abc import Sequence

from loomwork.apps.domain import App
from loomwork.apps.ports import AppStore
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope

MOST_TAGS = 20
MOST_LENGTH = 50


async def tag_app(scope: Scope, app_id: AppId, tags: Sequence[str], *, apps: AppStore) -> App:
    """The app with these tags, each once, in alphabetical order. Raises `InvalidInput` for what is no tag."""
    wanted = sorted({tag.strip() for tag in tags})
    if len(wanted) > MOST_TAGS:
        raise InvalidInput(f"An app may have at most {MOST_TAGS} tags.", field="tags")
    for tag in wanted:
        if not 0 < len(tag) <= MOST_LENGTH or not tag.isprintable():
            raise InvalidInput(f"A tag is 1 to {MOST_LENGTH} characters in one line.", field="tags")
    return await apps.set_tags(scope, app_id, wanted)
