"""How a document that cannot be read says so."""

from collections.abc import Sequence

from loomwork.engine.ports import Problem
from loomwork.kernel.errors import LoomworkError


class DslError(LoomworkError):
    """The text is no app file that can be used. `problems` says why and where, the first one also in the message."""

    code = "document_refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        where = f" ({first.place})" if first.place else ""
        super().__init__(f"{first.message}{where}")
        self.problems = tuple(problems)


def refusal(code: str, message: str, place: str | None = None) -> DslError:
    """A `DslError` with one problem."""
    return DslError([Problem("error", code, message, place=place)])
