"""What every composition shares: the models, the world that nodes reach, and the node types that use them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.documents import ProcessDocumentParser
from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.files import FileReader
from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, Landlock
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.adapters.templates import ProcessTemplateWorker
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
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.bootstrap.settings import Settings
from loomwork.engine import RunLimits
from loomwork.engine.ports import NodeType
from loomwork.model_gateway.application.gateway import Gateway
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.nodes.ports import CodeLimits, OutputLimits, Outside, SandboxLimits, Subflows
from loomwork.nodes.registry import node_types


@dataclass(frozen=True, slots=True)
class ModelRoom:
    """Models, and the node types that call them. Belongs to the event loop it is used in, and is closed there."""

    models: Gateway
    local_models: LocalWeights
    node_types: Mapping[str, NodeType]
    sandbox: JailedSandbox
    _templates: ProcessTemplateWorker
    _egress: EgressGate
    _documents: ProcessDocumentParser

    async def close(self) -> None:
        """End fetches, connections and child processes."""
        await self.local_models.close()
        await self.models.close()
        await self._egress.close()
        self._templates.close()
        self._documents.close()
        self.sandbox.close()


def open_models(settings: Settings, *, reads_local_files: bool = False, subflows: Subflows | None = None) -> ModelRoom:
    """Compose the gateway. Nothing is started before it is needed: no process, no connection, no download.

    With `reads_local_files`, nodes may read files of this machine that whoever starts a run gave it; with `subflows`,
    they may run other apps.
    """
    catalog = CatalogReader([catalog_dir() / "providers", settings.data / "catalog" / "providers"])
    folder = ModelFolder(
        settings.cache_dir / "models", searched=_searched(settings), environment=to_fetch(settings.environment)
    )
    servers = LocalServers(
        settings=ServerSettings(idle_seconds=settings.local_idle_seconds), environment=to_run(settings.environment)
    )
    weights = LocalWeights(catalog=catalog, store=folder, default_model=settings.default_model, memory=servers)
    # Addresses that a workspace wrote lead where the requests of its apps may go.
    policy = EgressPolicy(allow=settings.egress_allow)
    gateway = Gateway(
        catalog=catalog,
        wires={
            "openai_chat": OpenAIChatWire(Http(policy=policy)),
            "openai_responses": OpenAIResponsesWire(Http(policy=policy)),
            "anthropic_messages": AnthropicMessagesWire(Http(policy=policy)),
            "gemini": GeminiWire(Http(policy=policy)),
            "bedrock_converse": BedrockConverseWire(Http(policy=policy)),
            "cohere": CohereWire(Http(policy=policy)),
            "jina": JinaWire(Http(policy=policy)),
            "ollama": OllamaWire(Http(policy=policy)),
            "local": LocalWire(weights=weights, servers=servers),
            "debug": DebugWire(),
        },
        environment=settings.environment,
        default_model=settings.default_model,
        local=weights,
    )
    templates = ProcessTemplateWorker()
    egress = EgressGate(policy)
    documents = ProcessDocumentParser()
    files = FileReader(egress, local=reads_local_files)
    sandbox = _sandbox(settings)
    outside = Outside(
        templates=templates,
        egress=egress,
        files=files,
        documents=documents,
        sandbox=sandbox,
        code=code_limits(settings),
        subflows=subflows,
    )
    return ModelRoom(gateway, weights, node_types(gateway, outside), sandbox, templates, egress, documents)


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
