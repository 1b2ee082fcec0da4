"""Models that are to be shown images and see none, said before a run comes to it."""

from collections.abc import Sequence

from loomwork.dsl import Document
from loomwork.model_gateway.api import ResolvedModel


def blind_notice(document: Document, resolved: ResolvedModel) -> str | None:
    """What the user is told of a model that sees no images, where nodes of the document may show it some."""
    if resolved.vision:
        return None
    asking = [each for each in document.image_readers if str(each.reference) == str(resolved.reference)]
    titles = dict.fromkeys(f"'{each.title}'" for each in asking)
    if not titles:
        return None
    return f"{resolved.model} cannot see images: a run that shows it one fails at {' or '.join(titles)}."


def blind_notices(document: Document, resolved: Sequence[ResolvedModel]) -> list[str]:
    """Those of all models, each sentence once."""
    told = (blind_notice(document, each) for each in resolved)
    return list(dict.fromkeys(notice for notice in told if notice is not None))
