"""The workspace as commands see it: in the data folder, or behind a server's API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loomwork.interface.cli.audit_desk import AuditDesk
from loomwork.interface.cli.life_desk import LifeDesk
from loomwork.interface.cli.limit_desk import LimitDesk
from loomwork.interface.cli.model_desk import ModelDesk
from loomwork.interface.cli.pages import KeyState
from loomwork.interface.cli.people_desk import PeopleDesk
from loomwork.interface.cli.sign_on_desk import SignOnDesk
from loomwork.interface.cli.takeout_desk import TakeoutDesk
from loomwork.kernel.page import Page, PageRequest

if TYPE_CHECKING:
    from loomwork.interface.cli.knowledge_desk import KnowledgeDesk
    from loomwork.interface.cli.member_desk import MemberDesk
    from loomwork.interface.cli.plugin_desk import PluginDesk
    from loomwork.interface.cli.tool_desk import ToolDesk


@dataclass(frozen=True, slots=True)
class AppLine:
    """An app as lists show it. Times in ISO 8601."""

    id: str
    name: str
    description: str
    mode: str
    node_count: int
    warnings: int
    published_version: int | None
    updated_at: str
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AppDetails:
    """An app opened: its form, the models that would answer, and what is wrong with it, each as the API says it."""

    app: AppLine
    form: Sequence[Mapping[str, Any]]
    models: Sequence[Mapping[str, Any]]
    problems: Sequence[Mapping[str, Any]]
    runnable: bool


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key, without its secret. Times in ISO 8601."""

    id: str
    kind: str
    subject_id: str | None
    last_four: str
    created_at: str
    revoked_at: str | None


RunFacts = Mapping[str, Any]
"""A run as `GET /api/v1/runs/{id}` shows it."""


class Workspace(Protocol):
    """What commands do to a workspace. Each raises the `LoomworkError` that says why it could not."""

    @property
    def desk(self) -> ModelDesk:
        """Its models, and all that belongs to them."""
        ...

    @property
    def life(self) -> LifeDesk:
        """Versions of its apps, logs, annotations, and for how long things are kept."""
        ...

    @property
    def member_desk(self) -> "MemberDesk":
        """Who works in it, and as what."""
        ...

    @property
    def audit_desk(self) -> AuditDesk:
        """What was done in it."""
        ...

    @property
    def takeout_desk(self) -> TakeoutDesk:
        """What is taken out of it."""
        ...

    @property
    def limit_desk(self) -> LimitDesk:
        """How much may be asked of it."""
        ...

    @property
    def people(self) -> PeopleDesk:
        """Its people, and who is invited."""
        ...

    @property
    def knowledge_desk(self) -> "KnowledgeDesk":
        """Its knowledge."""
        ...

    @property
    def tool_desk(self) -> "ToolDesk":
        """Its tools."""
        ...

    @property
    def plugin_desk(self) -> "PluginDesk":
        """The plugins of its installation."""
        ...

    @property
    def sign_on(self) -> SignOnDesk:
        """The providers of identity of its installation."""
        ...

    async def import_app(self, document: str, *, publish: bool) -> AppLine: ...

    async def list_apps(self, *, search: str = "", tag: str = "") -> Sequence[AppLine]:
        """All of them, newest first."""
        ...

    async def open_app(self, app_id: str) -> AppDetails: ...

    async def delete_app(self, app_id: str) -> None: ...

    async def publish_app(self, app_id: str) -> int:
        """The number of the version that visitors now get."""
        ...

    async def export_app(self, app_id: str) -> str: ...

    async def create_app_key(self, app_id: str) -> str:
        """The secret, which is not shown again."""
        ...

    async def create_dataset_key(self, dataset_id: str) -> str: ...

    async def create_workspace_key(self) -> str: ...

    async def list_keys(
        self, page: PageRequest, app_id: str | None = None, *, state: KeyState | None = None
    ) -> Page[KeyLine]:
        """Those of an app, or those of the workspace, newest first."""
        ...

    async def revoke_key(self, key_id: str) -> None: ...

    async def list_runs(self, app_id: str | None = None) -> Sequence[RunFacts]:
        """The newest hundred, of an app or of all; without `nodes` and `questions`."""
        ...

    async def get_run(self, run_id: str) -> RunFacts: ...

    async def stop_run(self, run_id: str) -> None: ...

    async def pause_run(self, run_id: str) -> None: ...

    async def resume_run(self, run_id: str) -> RunFacts: ...

    async def answer_run(self, run_id: str, answer: Mapping[str, Any]) -> RunFacts:
        """`answer` has `node_id`, `frame`, `action` and `values`."""
        ...

    async def replay_run(self, run_id: str, request: Mapping[str, Any]) -> RunFacts:
        """The new run. `request` has what is to be otherwise: `node_id`, `inputs`, `outputs`."""
        ...

    async def sign_in_link(self) -> str:
        """A link that signs the owner in to the console, once."""
        ...
