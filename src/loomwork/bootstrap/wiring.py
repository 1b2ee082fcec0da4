"""What every composition shares: the models, the world that nodes reach, and the node types that use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.catalog.tool_files import ToolFileReader
from loomwork.adapters.catalog.user_catalog import UserCatalog
from loomwork.adapters.documents.parser import ProcessDocumentParser
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.egress import CheckedSockets, EgressGate, EgressPolicy
from loomwork.adapters.fairness.fair_models import FairChatModels
from loomwork.adapters.fairness.turnstile import Turnstile
from loomwork.adapters.files import FileReader
from loomwork.adapters.mcp.authorizing import OAuthAuthorizer
from loomwork.adapters.mcp.source import McpOffersReader, McpTools
from loomwork.adapters.openapi.source import ApiTools
from loomwork.adapters.plugins.environments import Environments
from loomwork.adapters.plugins.processes import PluginProcesses
from loomwork.adapters.plugins.shelf import FolderShelf
from loomwork.adapters.plugins.source import PluginTools
from loomwork.adapters.remote.line import Line
from loomwork.adapters.remote.models import RemoteLocalModels, RemoteModels
from loomwork.adapters.remote.sandbox import RemoteSandbox
from loomwork.adapters.remote.tools import PATH, SERVICE, RemotePlugins, RemoteTools
from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, Landlock
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.adapters.storage.memory import (
    MemoryAccountStore,
    MemoryApiStore,
    MemoryCallLimits,
    MemoryCredentialStore,
    MemoryMcpStore,
    MemoryPluginBook,
    MemoryRouteStore,
    MemorySwitchStore,
    MemoryToolCredentialStore,
)
from loomwork.adapters.templates import ProcessTemplateWorker
from loomwork.adapters.tools.catalog import CatalogTools
from loomwork.adapters.tools.world import ToolWorld
from loomwork.adapters.weights.model_folder import ModelFolder
from loomwork.adapters.wires.anthropic_messages import AnthropicMessagesWire
from loomwork.adapters.wires.bedrock_converse import BedrockConverseWire
from loomwork.adapters.wires.cohere import CohereWire
from loomwork.adapters.wires.debug import DebugWire
from loomwork.adapters.wires.gemini import GeminiWire
from loomwork.adapters.wires.http import Http
from loomwork.adapters.wires.jina import JinaWire
from loomwork.adapters.wires.local.servers import LocalServers, ServerSettings
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.adapters.wires.ollama import OllamaWire
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.adapters.wires.openai_responses import OpenAIResponsesWire
from loomwork.bootstrap.child_environment import to_fetch, to_run
from loomwork.bootstrap.late_api_reader import LateApiReader
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.bootstrap.settings import Settings
from loomwork.engine import RunLimits
from loomwork.engine.ports import NodeType
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.knowledge.api import Passages
from loomwork.model_gateway.api import Models
from loomwork.model_gateway.application.accounts import WorkspaceAccounts
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.limited_accounts import LimitedAccounts
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.application.providers import WorkspaceProviders
from loomwork.model_gateway.application.remembered import RememberedCredentials, RememberedRoutes
from loomwork.model_gateway.domain.limits import RateLimits
from loomwork.model_gateway.ports import AccountStore, CredentialStore, RouteStore, Wire
from loomwork.nodes.ports import CodeLimits, OutputLimits, Outside, SandboxLimits, StoredFiles, Subflows
from loomwork.nodes.registry import node_types
from loomwork.plugins.application.manage_plugins import Granted, InstalledPlugins
from loomwork.plugins.ports import PluginBook
from loomwork.tools.api import CallableApps
from loomwork.tools.application.add_server import AddedServers
from loomwork.tools.application.app_tools import AppTools
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.import_api import ImportedApis
from loomwork.tools.application.registry import WorkspaceTools
from loomwork.tools.application.server_access import ServerAccess
from loomwork.tools.ports import (
    ApiStore,
    CallTrail,
    McpStore,
    OutputStore,
    SwitchStore,
    ToolCredentialStore,
    ToolSource,
)


@dataclass(frozen=True, slots=True)
class ModelStores:
    """What a workspace has told the gateway, and what the gateway writes down."""

    credentials: CredentialStore
    routes: RouteStore
    accounts: AccountStore


@dataclass(frozen=True, slots=True)
class ToolStores:
    """What a workspace has told of tools. Without a `trail`, calls are written down nowhere; without `outputs`, what is
    cut is gone.
    """

    switches: SwitchStore = field(default_factory=MemorySwitchStore)
    credentials: ToolCredentialStore = field(default_factory=MemoryToolCredentialStore)
    trail: CallTrail | None = None
    outputs: OutputStore | None = None
    apis: ApiStore | None = None
    servers: McpStore | None = None
    plugins: PluginBook = field(default_factory=MemoryPluginBook)

    @property
    def imported(self) -> ApiStore:
        """Where imported APIs are kept: in memory where nothing else was said."""
        return self.apis or MemoryApiStore(self.credentials, self.switches)

    @property
    def added(self) -> McpStore:
        """Where servers of MCP are kept, likewise."""
        return self.servers or MemoryMcpStore(self.credentials, self.switches)


def stores_in_memory(clock: Clock) -> ModelStores:
    """For flows without a server, which keep nothing."""
    return ModelStores(MemoryCredentialStore(), MemoryRouteStore(), MemoryAccountStore(clock))


@dataclass(frozen=True, slots=True)
class ModelRoom:
    """Models, and the node types that call them. Belongs to the event loop it is used in, and is closed there."""

    models: Gateway | RemoteModels
    local_models: LocalWeights | RemoteLocalModels
    providers: WorkspaceProviders
    accounts: WorkspaceAccounts
    tools: WorkspaceTools | RemoteTools
    apis: ImportedApis
    servers: AddedServers
    plugins: InstalledPlugins | RemotePlugins
    node_types: Mapping[str, NodeType]
    sandbox: JailedSandbox | RemoteSandbox
    _templates: ProcessTemplateWorker
    _egress: EgressGate
    documents: ProcessDocumentReader
    _processes: PluginProcesses
    _jails: JailedSandbox

    async def problem(self) -> str | None:
        """What keeps models from being called at all, in a sentence that strangers may read."""
        return await self.models.problem() if isinstance(self.models, RemoteModels) else None

    async def close(self) -> None:
        """End fetches, connections and child processes."""
        await self.local_models.close()
        await self.models.close()
        await self._processes.close()
        if isinstance(self.tools, RemoteTools):
            await self.tools.close()
        if isinstance(self.sandbox, RemoteSandbox):
            await self.sandbox.close()
        await self._egress.close()
        self._templates.close()
        self.documents.close()
        self._jails.close()


def open_models(
    settings: Settings,
    *,
    stores: ModelStores | None = None,
    tool_stores: ToolStores | None = None,
    reads_local_files: bool = False,
    subflows: Subflows | None = None,
    apps: CallableApps | None = None,
    turns: Turnstile | None = None,
    stored_files: StoredFiles | None = None,
    knowledge: Passages | None = None,
) -> ModelRoom:
    """Compose the gateway. Nothing is started before it is needed: no process, no connection, no download.

    Where the settings name an inference service, models are called through it. Without `stores`, everything is kept in
    memory. With `reads_local_files`, nodes may read files of this machine that whoever starts a run gave it, with
    `stored_files` those that were uploaded; with `subflows`, they may run other apps, with `apps` call them as tools,
    and with `knowledge` ask for passages; with `turns`, workspaces take turns with what models say to their nodes.
    """
    clock = SystemClock()
    stores = stores_in_memory(clock) if stores is None else _remembered(stores, clock)
    tool_stores = tool_stores or ToolStores()
    catalog = CatalogReader([catalog_dir() / "providers", _own_catalog(settings)])
    servers = _local_servers(settings)
    weights = _weights(settings, catalog, servers)
    # Addresses that a workspace wrote lead where the requests of its apps may go.
    policy = EgressPolicy(allow=settings.egress_allow)
    wires = _wires(policy, LocalWire(weights=weights, servers=servers))
    models, local = _answering(settings, _gateway(settings, stores, catalog, wires, weights, clock), weights)
    egress, reader = EgressGate(policy), ProcessDocumentReader(scratch=settings.data / "parsers")
    documents = ProcessDocumentParser(reader)
    files = FileReader(egress, stored=stored_files, local=reads_local_files)
    world = ToolWorld(egress, documents, files, clock, models, CheckedSockets(policy))
    shipped = _catalog_tools(settings, world)
    templates, jails = ProcessTemplateWorker(), _sandbox(settings)
    sandbox = _holding_code(settings, jails)
    processes, shelf = _plugin_processes(settings, jails, clock), _plugin_shelf(settings, clock)
    added = PluginTools(shelf, tool_stores.plugins, processes, world)
    called = [AppTools(apps)] if apps is not None else []
    programs = dict(settings.mcp_commands)
    added_servers, far = tool_stores.added, McpOffersReader(egress, programs)
    authorizer = OAuthAuthorizer(egress, clock)
    access = ServerAccess(tool_stores.credentials, authorizer, clock)
    imported: list[ToolSource] = [
        ApiTools(tool_stores.imported, world),
        McpTools(added_servers, egress, access.values, programs),
    ]
    own_tools = _tools([shipped, *imported, added, *called], tool_stores, clock)
    own_plugins = InstalledPlugins(shelf, tool_stores.plugins, processes, granted=_granted(settings))
    tools, plugins = _calling(settings, own_tools, own_plugins)
    outside = Outside(
        templates=templates,
        egress=egress,
        files=files,
        documents=documents,
        sandbox=sandbox,
        code=code_limits(settings),
        subflows=subflows,
        tools=tools,
        known_tools=shipped,
        knowledge=knowledge,
    )
    return ModelRoom(
        models=models,
        local_models=local,
        providers=_providers(settings, catalog, wires, stores, models),
        accounts=WorkspaceAccounts(stores.accounts),
        tools=tools,
        apis=ImportedApis(tool_stores.imported, LateApiReader(egress), clock),
        servers=AddedServers(added_servers, access, far, authorizer, clock),
        plugins=plugins,
        node_types=node_types(models if turns is None else FairChatModels(models, turns), outside),
        sandbox=sandbox,
        _templates=templates,
        _egress=egress,
        documents=reader,
        _processes=processes,
        _jails=jails,
    )


def _local_servers(settings: Settings) -> LocalServers:
    """The processes that run models of this machine."""
    kept = ServerSettings(idle_seconds=settings.local_idle_seconds)
    return LocalServers(settings=kept, environment=to_run(settings.environment))


def _weights(settings: Settings, catalog: CatalogReader, memory: LocalServers) -> LocalWeights:
    environment = to_fetch(settings.environment)
    store = ModelFolder(settings.cache_dir / "models", searched=_searched(settings), environment=environment)
    return LocalWeights(catalog=catalog, store=store, default_model=settings.default_model, memory=memory)


def _gateway(
    settings: Settings,
    stores: ModelStores,
    catalog: CatalogReader,
    wires: Mapping[str, Wire],
    weights: LocalWeights,
    clock: Clock,
) -> Gateway:
    return Gateway(
        catalog=catalog,
        wires=wires,
        environment=settings.environment,
        default_model=settings.default_model,
        local=weights,
        credentials=stores.credentials,
        routes=stores.routes,
        accounts=LimitedAccounts(stores.accounts, MemoryCallLimits(rate_limits(settings), clock)),
    )


def _tools(sources: Sequence[ToolSource], stores: ToolStores, clock: Clock) -> WorkspaceTools:
    """The tools of workspaces, from all the places that they come from."""
    return WorkspaceTools(
        sources,
        switches=stores.switches,
        credentials=stores.credentials,
        calling=Calling(clock, trail=stores.trail, outputs=stores.outputs),
        clock=clock,
        outputs=stores.outputs,
    )


def _catalog_tools(settings: Settings, world: ToolWorld) -> CatalogTools:
    """Those that came with Loomwork, and the user's own, laid over them."""
    files = ToolFileReader([catalog_dir() / "tools", settings.data / "catalog" / "tools"])
    return CatalogTools(files, world, settings.environment)


def _plugin_shelf(settings: Settings, clock: Clock) -> FolderShelf:
    """Where plugins lie, for all workspaces of the data folder."""
    return FolderShelf(settings.data / "plugins", Environments(to_fetch(settings.environment)), clock)


def _plugin_processes(settings: Settings, sandbox: JailedSandbox, clock: Clock) -> PluginProcesses:
    """No process is started before a plugin is called, or tried."""
    names = settings.plugin_environment
    given = {name: value for name, value in settings.environment.items() if name in names}
    return PluginProcesses(sandbox, clock, environment=given)


def _granted(settings: Settings) -> Granted:
    return Granted(files=sorted(settings.plugin_files), environment=settings.plugin_environment)


def _answering(
    settings: Settings, gateway: Gateway, weights: LocalWeights
) -> tuple[Gateway, LocalWeights] | tuple[RemoteModels, RemoteLocalModels]:
    """Who answers: this process, or the service that the settings name."""
    if settings.inference_url is None:
        return gateway, weights
    line = Line(settings.inference_url, settings.internal_key)
    return RemoteModels(line), RemoteLocalModels(line)


def _calling(
    settings: Settings, tools: WorkspaceTools, plugins: InstalledPlugins
) -> tuple[WorkspaceTools, InstalledPlugins] | tuple[RemoteTools, RemotePlugins]:
    """Who calls tools: this process, or the service that the settings name."""
    if settings.plugins_url is None:
        return tools, plugins
    line = Line(settings.plugins_url, settings.internal_key, path=PATH, service=SERVICE)
    return RemoteTools(line), RemotePlugins(line)


def _holding_code(settings: Settings, jails: JailedSandbox) -> JailedSandbox | RemoteSandbox:
    """Who runs the code of apps: this machine, or the service that the settings name. Where code is turned off here, it
    is not sent elsewhere.
    """
    if settings.plugins_url is None or settings.code_jail == "off":
        return jails
    return RemoteSandbox(Line(settings.plugins_url, settings.internal_key, path=PATH, service=SERVICE))


def _remembered(stores: ModelStores, clock: Clock) -> ModelStores:
    """So that no call reads the database to learn with which key it is made."""
    credentials = RememberedCredentials(stores.credentials, clock)
    return ModelStores(credentials, RememberedRoutes(stores.routes, clock), stores.accounts)


def _wires(policy: EgressPolicy, local: LocalWire) -> dict[str, Wire]:
    # One pool: providers are few and wires many, and a provider may be called in two dialects.
    http = Http(policy=policy)
    return {
        "openai_chat": OpenAIChatWire(http),
        "openai_responses": OpenAIResponsesWire(http),
        "anthropic_messages": AnthropicMessagesWire(http),
        "gemini": GeminiWire(http),
        "bedrock_converse": BedrockConverseWire(http),
        "cohere": CohereWire(http),
        "jina": JinaWire(http),
        "ollama": OllamaWire(http),
        "local": local,
        "debug": DebugWire(),
    }


def _providers(
    settings: Settings, catalog: CatalogReader, wires: Mapping[str, Wire], stores: ModelStores, models: Models
) -> WorkspaceProviders:
    return WorkspaceProviders(
        catalog=catalog,
        folder=UserCatalog(_own_catalog(settings), on_change=catalog.look_again),
        wires=wires,
        environment=settings.environment,
        credentials=stores.credentials,
        routes=stores.routes.fresh if isinstance(stores.routes, RememberedRoutes) else stores.routes,
        models=models,
        clock=SystemClock(),
    )


def _own_catalog(settings: Settings) -> Path:
    """The user's own providers, laid over those that came with Loomwork."""
    return settings.data / "catalog" / "providers"


def rate_limits(settings: Settings) -> RateLimits:
    """How often models may be called in a minute."""
    return RateLimits(
        workspace_calls=settings.workspace_model_calls,
        workspace_tokens=settings.workspace_model_tokens,
        app_calls=settings.app_model_calls,
        app_tokens=settings.app_model_tokens,
        key_calls=settings.key_model_calls,
        key_tokens=settings.key_model_tokens,
        end_user_calls=settings.end_user_model_calls,
        end_user_tokens=settings.end_user_model_tokens,
    )


def _sandbox(settings: Settings) -> JailedSandbox:
    """Nothing is tried or started before code is compiled."""
    jails: dict[str, tuple[Jail, ...]] = {
        "auto": (Bubblewrap(), Landlock()),
        "bubblewrap": (Bubblewrap(),),
        "landlock": (Landlock(),),
        "off": (),
    }
    refused = "Code is turned off on this installation (LOOMWORK_CODE_JAIL)." if settings.code_jail == "off" else None
    return JailedSandbox(
        jails=jails[settings.code_jail], idle=settings.code_idle, at_once=settings.code_at_once, refused=refused
    )


def code_limits(settings: Settings) -> CodeLimits:
    """What one code node may use and leave."""
    return CodeLimits(
        SandboxLimits(
            seconds=settings.code_seconds,
            cpu_seconds=settings.code_cpu_seconds,
            memory=settings.code_memory << 20,
            size=settings.code_size,
        ),
        OutputLimits(
            string=settings.code_string,
            depth=settings.code_depth,
            precision=settings.code_precision,
            strings=settings.code_strings,
            objects=settings.code_objects,
            numbers=settings.code_numbers,
        ),
    )


def run_limits(settings: Settings) -> RunLimits:
    """What one run may use at most, whatever its app asks for."""
    return RunLimits(
        steps=settings.run_steps,
        seconds=settings.run_seconds,
        value_size=settings.run_value_size,
        rounds=settings.run_rounds,
        depth=settings.run_depth,
        width=settings.run_width,
    )


def _searched(settings: Settings) -> list[Path]:
    """Where a model file may lie already: the one the user names, then the data folder."""
    named = [settings.local_model_path] if settings.local_model_path is not None else []
    return [*named, settings.data / "models"]
