"""An app: a document that people edit (the draft) and the frozen versions that visitors get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import AppId


class DraftChanged(Conflict):
    """The draft is another than the one that a change was made to; `details["revision"]` is what it is now."""

    code = "draft_changed"


RUNNABLE_MODES = frozenset({"advanced-chat", "agent-chat", "chat", "completion", "workflow"})


@dataclass(frozen=True, slots=True)
class App:
    """`document` is the draft as YAML text, exactly as imported or drawn. `name`, `description`, `mode`, `icon` and
    `icon_background` are read from it when it is stored, so that lists need not parse it.
    `bindings` maps a reference as written in the document (a model's `provider/name`) to a local resource.
    `published_version` is the number that visitors get (that of `prod`), or None. `revision` rises with every change of
    the draft, so that whoever saves can say which draft they had before them. `tags` are in alphabetical order.
    """

    id: AppId
    name: str
    description: str
    mode: str
    icon: str
    icon_background: str
    document: str
    node_count: int
    warnings: int
    created_at: datetime
    updated_at: datetime
    published_version: int | None = None
    bindings: Mapping[str, str] = field(default_factory=dict)
    revision: int = 1
    tags: Sequence[str] = ()

    @property
    def runnable(self) -> bool:
        """Whether apps of its mode can be run by this release; what is in its graph is another question."""
        return self.mode in RUNNABLE_MODES


@dataclass(frozen=True, slots=True)
class Version:
    """A frozen document. Numbers rise from 1 within an app; a version never changes, but for the `notes` that people
    write about it.
    """

    app_id: AppId
    number: int
    document: str
    published_at: datetime
    published_by: str
    notes: str = ""
