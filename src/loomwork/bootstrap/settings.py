"""Everything that can be set, in one frozen object, read from the environment once."""

import ipaddress
import math
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loomwork.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from loomwork.model_gateway.domain.provider import ProviderCard
    from loomwork.tenancy.api import SignInProvider

_SECRET_PART = re.compile(r"([?&][^=&]*password=)[^&#]*", re.IGNORECASE)
DEFAULT_MODEL = "local/qwen2.5-coder-0.5b"
DEFAULT_VECTOR_STORE = "zvec"
MOST = 1_000_000_000
FEW = 100
JAILS = ("auto", "bubblewrap", "landlock", "off")
SHORTEST_SECRET = 32
MOST_SIGN_IN_PROVIDERS = 20
_SIGN_IN_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,30}")
LOG_LEVELS = ("debug", "info", "warning", "error")


class BadSetting(InvalidInput):
    """An environment variable or an option holds what it cannot mean; the message names it."""

    code = "bad_setting"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as people are shown it. `value` is never a secret: that is only "set" or "not set"."""

    name: str
    value: str
    default: str
    meaning: str
    secret: bool


def _folder(value: str) -> Path:
    return Path(value).expanduser()


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 0 < int(value[:6]) < 65536):
        raise ValueError("must be a port, 1 to 65535")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("must be a number of seconds, 0 or more")
    return seconds


def _some_seconds(value: str) -> float:
    seconds = _seconds(value)
    if seconds == 0:
        raise ValueError("must be a number of seconds above 0")
    return seconds


def _count(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 0 < int(value[:10]) <= MOST and len(value) <= 10):
        raise ValueError(f"must be a whole number, 1 to {MOST}")
    return int(value)


def _few(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 0 < int(value[:10]) <= FEW):
        raise ValueError(f"must be a whole number, 1 to {FEW}")
    return int(value)


def _memory(value: str) -> int:
    megabytes = _count(value)
    if not 16 <= megabytes <= 65_536:
        raise ValueError("must be megabytes, 16 to 65536")
    return megabytes


def _jail(value: str) -> str:
    if value.lower() not in JAILS:
        raise ValueError(f"must be one of {', '.join(JAILS)}")
    return value.lower()


def _secret_keys(value: str) -> tuple[str, ...]:
    """Each is stretched by a hash that is quick to try, so it has to be random: no word that people think of."""
    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    if not keys or any(len(key) < SHORTEST_SECRET for key in keys):
        raise ValueError(
            f"must be {SHORTEST_SECRET} random characters or more, such as `openssl rand -base64 32` prints"
        )
    return keys


def _internal_key(value: str) -> str:
    if (
        len(value) < SHORTEST_SECRET
        or not value.isascii()
        or any(not sign.isprintable() or sign == " " for sign in value)
    ):
        raise ValueError(
            f"must be {SHORTEST_SECRET} random characters or more, such as `openssl rand -base64 32` prints"
        )
    return value


def _service(value: str) -> str:
    parts = urlsplit(value)
    if not _is_origin(value.rstrip("/")) or parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be the address of a service, such as http://127.0.0.1:8701")
    return value.rstrip("/")


def _address(value: str) -> str:
    if not value or any(sign in value for sign in "/ @"):
        raise ValueError("must be an address to listen on, such as 127.0.0.1 or 0.0.0.0")
    return value


def _model(value: str) -> str:
    provider, slash, name = value.partition("/")
    if not (provider and slash and name):
        raise ValueError(f"must name a model as provider/model, such as {DEFAULT_MODEL}")
    return value


def _vector_store(value: str) -> str:
    from loomwork.adapters.vectors import KINDS

    if value.lower() not in KINDS:
        raise ValueError(f"must be one of {', '.join(KINDS)}")
    return value.lower()


def _log_level(value: str) -> str:
    if value.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return value.lower()


def _sign_in_providers(value: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
    if len(found) > MOST_SIGN_IN_PROVIDERS or not all(_SIGN_IN_PROVIDER.fullmatch(each) for each in found):
        raise ValueError(
            f"must list up to {MOST_SIGN_IN_PROVIDERS} words for providers, of letters, digits and dashes: corp,google"
        )
    return found


def _hosts(value: str) -> frozenset[str]:
    names = _listed(value)
    if any("/" in name or "*" in name for name in names):
        raise ValueError("must list bare host names, such as studio.example.org")
    return names


def _hosts_with_ports(value: str) -> frozenset[str]:
    places = frozenset(place.lower() for place in _listed(value))
    for place in places:
        host, colon, port = place.rpartition(":")
        is_whole = host.endswith("]") or ":" not in host
        if not (host and colon and is_whole and port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
            raise ValueError("must list hosts with their ports, such as crm.internal:8080, with commas")
    return places


def _commands(value: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    commands = {}
    for part in filter(None, (part.strip() for part in value.split(";"))):
        name, equals, command = part.partition("=")
        words = tuple(shlex.split(command)) if equals else ()
        if not words or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name.strip()):
            raise ValueError("must list NAME=COMMAND, with semicolons: files=/usr/bin/mcp-files --root /srv")
        commands[name.strip()] = words
    return tuple(commands.items())


def _paths(value: str) -> frozenset[str]:
    paths = frozenset(path.rstrip("/") for path in _listed(value))
    if not all(path.startswith("/") and ".." not in path.split("/") for path in paths):
        raise ValueError("must list whole paths, such as /srv/glossaries, with commas")
    return paths


def _names(value: str) -> frozenset[str]:
    names = frozenset(_listed(value))
    if not all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) and not name.startswith("LOOMWORK_") for name in names):
        raise ValueError("must list names of variables, with commas, and none of LOOMWORK_*")
    return names


def _on_or_off(value: str) -> bool:
    if value.lower() not in ("on", "off"):
        raise ValueError("must be on or off")
    return value.lower() == "on"


def _weights(value: str) -> tuple[tuple[str, int], ...]:
    weighed = []
    for part in sorted(_listed(value)):
        workspace, equals, weight = part.partition("=")
        is_number = weight.isascii() and weight.isdecimal() and len(weight) <= 3
        if not (workspace.strip() and equals and is_number and 0 < int(weight) <= 100):
            raise ValueError("must list ids of workspaces with what each weighs, 1 to 100: ID=3, with commas")
        weighed.append((workspace.strip(), int(weight)))
    return tuple(weighed)


def _origins(value: str) -> frozenset[str]:
    origins = frozenset(origin.rstrip("/") for origin in _listed(value))
    if not all(_is_origin(origin) for origin in origins):
        raise ValueError("must list origins, such as https://studio.example.org")
    return origins


def _public_url(value: str) -> str:
    origin = value.rstrip("/").lower()
    parts = urlsplit(origin) if _is_origin(origin) else None
    if parts is None or parts.hostname is None or parts.username or parts.query or parts.fragment:
        raise ValueError("must be where people reach the server, such as https://studio.example.org")
    return origin


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.path


def _listed(value: str) -> frozenset[str]:
    return frozenset(part.strip() for part in value.split(",") if part.strip())


def _database(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


@dataclass(frozen=True, slots=True)
class Variable:
    """How one field of `Settings` is set: by which environment variable, read how, meaning what."""

    field: str
    name: str
    parse: Callable[[str], Any]
    meaning: str
    default: str = ""
    secret: bool = False


VARIABLES = (
    Variable("data", "LOOMWORK_DATA", _folder, "The folder that holds all state.", "./data"),
    Variable(
        "host",
        "LOOMWORK_HOST",
        _address,
        "The address to listen on; another than this machine's own needs an owner with a password.",
        "127.0.0.1",
    ),
    Variable("port", "LOOMWORK_PORT", _port, "The port to listen on.", "8700"),
    Variable(
        "given_database_url",
        "LOOMWORK_DATABASE_URL",
        _database,
        "Where apps, runs and keys are kept: sqlite:///file or postgresql://user:password@host/name.",
        "loomwork.db in the data folder",
    ),
    Variable(
        "vector_store",
        "LOOMWORK_VECTOR_STORE",
        _vector_store,
        "Where new knowledge bases keep their vectors; docs/knowledge-stores.md says what there is.",
        DEFAULT_VECTOR_STORE,
    ),
    Variable(
        "secret_keys",
        "LOOMWORK_SECRET_KEY",
        _secret_keys,
        "What credentials are sealed with. With commas: the first seals, older ones still open.",
        "secret.key in the data folder, made on first start",
        secret=True,
    ),
    Variable(
        "given_cache_dir",
        "LOOMWORK_CACHE_DIR",
        _folder,
        "Where model weights are kept, shared by all clones.",
        "~/.cache/loomwork",
    ),
    Variable(
        "local_model_path", "LOOMWORK_LOCAL_MODEL_PATH", _folder, "A GGUF file to use as the default local model."
    ),
    Variable(
        "local_idle_seconds",
        "LOOMWORK_LOCAL_IDLE_SECONDS",
        _seconds,
        "After how long without work the local model is unloaded.",
        "300",
    ),
    Variable(
        "default_model",
        "LOOMWORK_DEFAULT_MODEL",
        _model,
        "What answers where an app's own model is not here.",
        DEFAULT_MODEL,
    ),
    Variable(
        "inference_url",
        "LOOMWORK_INFERENCE_URL",
        _service,
        "The `loomwork serve inference` that models are called through; none: this process calls them.",
    ),
    Variable(
        "internal_key",
        "LOOMWORK_INTERNAL_KEY",
        _internal_key,
        "What services of this installation know each other by: the same on all sides.",
        secret=True,
    ),
    Variable(
        "inference_host",
        "LOOMWORK_INFERENCE_HOST",
        _address,
        "The address that `loomwork serve inference` listens on.",
        "127.0.0.1",
    ),
    Variable(
        "inference_port",
        "LOOMWORK_INFERENCE_PORT",
        _port,
        "The port that `loomwork serve inference` listens on.",
        "8701",
    ),
    Variable(
        "plugins_url",
        "LOOMWORK_PLUGINS_URL",
        _service,
        "The `loomwork serve plugins` that calls tools and runs code of apps; none: this process does.",
    ),
    Variable(
        "plugins_host",
        "LOOMWORK_PLUGINS_HOST",
        _address,
        "The address that `loomwork serve plugins` listens on.",
        "127.0.0.1",
    ),
    Variable(
        "plugins_port", "LOOMWORK_PLUGINS_PORT", _port, "The port that `loomwork serve plugins` listens on.", "8702"
    ),
    Variable("allowed_hosts", "LOOMWORK_ALLOWED_HOSTS", _hosts, "Further names the server goes by, with commas."),
    Variable(
        "public_url",
        "LOOMWORK_PUBLIC_URL",
        _public_url,
        "Where people reach the server, such as https://studio.example.org: links that are sent to them begin with it. "
        "With http://, passwords may cross the network in the clear.",
    ),
    Variable(
        "allowed_origins", "LOOMWORK_ALLOWED_ORIGINS", _origins, "Further origins whose pages may use it, with commas."
    ),
    Variable(
        "sso_ids",
        "LOOMWORK_SSO",
        _sign_in_providers,
        "Words for the providers of identity that people sign in with, with commas; what each is, further variables "
        "say: LOOMWORK_SSO_CORP_ISSUER for the word corp.",
    ),
    Variable(
        "egress_allow",
        "LOOMWORK_EGRESS_ALLOW",
        _hosts_with_ports,
        "Hosts that are not public, or ports other than 80 and 443, that apps may ask: host:port, with commas.",
    ),
    Variable(
        "mcp_commands",
        "LOOMWORK_MCP_COMMANDS",
        _commands,
        "Servers of MCP that are programs of this machine, which every workspace may add by their names (stdio:NAME): "
        "NAME=COMMAND, with semicolons, with arguments as a shell has them. They run as the server's own user.",
    ),
    Variable("run_steps", "LOOMWORK_RUN_STEPS", _count, "The most node executions in one run.", "200000"),
    Variable("run_seconds", "LOOMWORK_RUN_SECONDS", _some_seconds, "The longest that one run may take.", "14400"),
    Variable(
        "run_value_size",
        "LOOMWORK_RUN_VALUE_SIZE",
        _count,
        "The most characters of one output or variable; each place in a list or an object counts as 8.",
        "16000000",
    ),
    Variable("run_rounds", "LOOMWORK_RUN_ROUNDS", _count, "The most rounds of one iteration or loop.", "100000"),
    Variable("run_depth", "LOOMWORK_RUN_DEPTH", _count, "The most iterations and loops inside each other.", "20"),
    Variable(
        "run_width",
        "LOOMWORK_RUN_WIDTH",
        _count,
        "How many nodes of one run may wait for the world at once; further ones wait their turn.",
        "200",
    ),
    Variable(
        "run_deaths",
        "LOOMWORK_RUN_DEATHS",
        _count,
        "How often in a row the server may die at the same place of a run before the run is given up.",
        "5",
    ),
    Variable(
        "app_nodes",
        "LOOMWORK_APP_NODES",
        _count,
        "How many nodes of one app may wait for the world at once, in all its runs; further ones wait their turn.",
        "1000",
    ),
    Variable(
        "workspace_nodes",
        "LOOMWORK_WORKSPACE_NODES",
        _count,
        "How many nodes of one workspace may wait for the world at once; its apps take turns.",
        "2000",
    ),
    Variable(
        "workspace_runs",
        "LOOMWORK_WORKSPACE_RUNS",
        _count,
        "How many runs of one workspace may go at once; further ones wait in the queue.",
        "1000",
    ),
    Variable(
        "workspace_weights",
        "LOOMWORK_WORKSPACE_WEIGHTS",
        _weights,
        "How many turns workspaces have where runs wait for places, by their ids: ID=3, with commas; others have one.",
    ),
    Variable(
        "code_jail",
        "LOOMWORK_CODE_JAIL",
        _jail,
        "What holds the code of code nodes: bubblewrap, landlock, auto for the stronger one that works, or off.",
        "auto",
    ),
    Variable(
        "plugin_uploads",
        "LOOMWORK_PLUGIN_UPLOADS",
        _on_or_off,
        "Whether plugins may be installed by requests of whoever owns the installation (on), or by commands on the "
        "data folder alone (off).",
        "on",
    ),
    Variable(
        "plugin_files",
        "LOOMWORK_PLUGIN_FILES",
        _paths,
        "Files and folders that plugins may read where their manifest asks for them, with commas.",
    ),
    Variable(
        "plugin_environment",
        "LOOMWORK_PLUGIN_ENVIRONMENT",
        _names,
        "Variables that plugins are given where their manifest asks for them, with commas.",
    ),
    Variable("code_idle", "LOOMWORK_CODE_IDLE", _few, "How many processes wait for code, made beforehand.", "2"),
    Variable("code_at_once", "LOOMWORK_CODE_AT_ONCE", _few, "How many code nodes compute at once.", "8"),
    Variable("code_seconds", "LOOMWORK_CODE_SECONDS", _some_seconds, "The longest that one code node may take.", "15"),
    Variable(
        "code_cpu_seconds", "LOOMWORK_CODE_CPU_SECONDS", _count, "The longest that one code node may compute.", "10"
    ),
    Variable("code_memory", "LOOMWORK_CODE_MEMORY", _memory, "The memory that one code node may use, in MB.", "256"),
    Variable(
        "code_size",
        "LOOMWORK_CODE_SIZE",
        _count,
        "The most bytes of a code node's inputs, and of its outputs, as JSON.",
        "5242880",
    ),
    Variable(
        "code_string", "LOOMWORK_CODE_STRING", _count, "The most characters of one text that code leaves.", "400000"
    ),
    Variable("code_depth", "LOOMWORK_CODE_DEPTH", _few, "How deep the objects may be nested that code leaves.", "5"),
    Variable(
        "code_precision", "LOOMWORK_CODE_PRECISION", _count, "The most digits after the point that code leaves.", "20"
    ),
    Variable("code_strings", "LOOMWORK_CODE_STRINGS", _count, "The most texts in a list that code leaves.", "30"),
    Variable("code_objects", "LOOMWORK_CODE_OBJECTS", _count, "The most objects in a list that code leaves.", "30"),
    Variable("code_numbers", "LOOMWORK_CODE_NUMBERS", _count, "The most numbers in a list that code leaves.", "1000"),
    Variable(
        "workspace_model_calls",
        "LOOMWORK_WORKSPACE_MODEL_CALLS",
        _count,
        "How many calls of models one workspace may make in a minute; none: any number.",
    ),
    Variable(
        "workspace_model_tokens",
        "LOOMWORK_WORKSPACE_MODEL_TOKENS",
        _count,
        "How many tokens of models one workspace may use in a minute.",
    ),
    Variable("app_model_calls", "LOOMWORK_APP_MODEL_CALLS", _count, "The same for each app: calls of models."),
    Variable("app_model_tokens", "LOOMWORK_APP_MODEL_TOKENS", _count, "The same for each app: tokens of models."),
    Variable("key_model_calls", "LOOMWORK_KEY_MODEL_CALLS", _count, "The same for each API key: calls of models."),
    Variable("key_model_tokens", "LOOMWORK_KEY_MODEL_TOKENS", _count, "The same for each API key: tokens of models."),
    Variable("end_user_model_calls", "LOOMWORK_END_USER_MODEL_CALLS", _count, "The same for each end user: calls."),
    Variable("end_user_model_tokens", "LOOMWORK_END_USER_MODEL_TOKENS", _count, "The same for each end user: tokens."),
    Variable(
        "workspace_requests",
        "LOOMWORK_WORKSPACE_REQUESTS",
        _count,
        "How many requests one workspace may send in a minute, on all faces; none: any number.",
    ),
    Variable("app_requests", "LOOMWORK_APP_REQUESTS", _count, "The same for each app, by its keys."),
    Variable("key_requests", "LOOMWORK_KEY_REQUESTS", _count, "The same for each API key."),
    Variable(
        "end_user_requests", "LOOMWORK_END_USER_REQUESTS", _count, "How many runs one end user may begin in a minute."
    ),
    Variable("log_level", "LOOMWORK_LOG_LEVEL", _log_level, "debug, info, warning or error.", "warning"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`environment` is the snapshot that everything was read from; endpoints and credentials of model providers, whose
    names the catalog says, are looked up in it. The fields named `given_*` are None where nothing was given; the
    properties without that word say what then holds.
    """

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8700
    given_database_url: str | None = None
    vector_store: str = DEFAULT_VECTOR_STORE
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    given_cache_dir: Path | None = None
    local_model_path: Path | None = None
    local_idle_seconds: float = 300.0
    default_model: str = DEFAULT_MODEL
    inference_url: str | None = None
    internal_key: str | None = field(default=None, repr=False)
    inference_host: str = "127.0.0.1"
    inference_port: int = 8701
    plugins_url: str | None = None
    plugins_host: str = "127.0.0.1"
    plugins_port: int = 8702
    allowed_hosts: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()
    public_url: str | None = None
    sso_ids: tuple[str, ...] = ()
    sso: "tuple[SignInProvider, ...]" = ()
    egress_allow: frozenset[str] = frozenset()
    mcp_commands: tuple[tuple[str, tuple[str, ...]], ...] = ()
    run_steps: int = 200_000
    run_seconds: float = 4 * 3600.0
    run_value_size: int = 16_000_000
    run_rounds: int = 100_000
    run_depth: int = 20
    run_width: int = 200
    run_deaths: int = 5
    app_nodes: int = 1000
    workspace_nodes: int = 2000
    workspace_runs: int = 1000
    workspace_weights: tuple[tuple[str, int], ...] = ()
    code_jail: str = "auto"
    plugin_uploads: bool = True
    plugin_files: frozenset[str] = frozenset()
    plugin_environment: frozenset[str] = frozenset()
    code_idle: int = 2
    code_at_once: int = 8
    code_seconds: float = 15.0
    code_cpu_seconds: int = 10
    code_memory: int = 256
    code_size: int = 5 * 1024 * 1024
    code_string: int = 400_000
    code_depth: int = 5
    code_precision: int = 20
    code_strings: int = 30
    code_objects: int = 30
    code_numbers: int = 1000
    workspace_model_calls: int | None = None
    workspace_model_tokens: int | None = None
    app_model_calls: int | None = None
    app_model_tokens: int | None = None
    key_model_calls: int | None = None
    key_model_tokens: int | None = None
    end_user_model_calls: int | None = None
    end_user_model_tokens: int | None = None
    workspace_requests: int | None = None
    app_requests: int | None = None
    key_requests: int | None = None
    end_user_requests: int | None = None
    log_level: str = "warning"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database_url(self) -> str:
        return self.given_database_url or f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        """Where the database is unless a URL says otherwise."""
        return (self.data / "loomwork.db").absolute()

    @property
    def cache_dir(self) -> Path:
        return self.given_cache_dir or _user_cache(self.environment) / "loomwork"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on this address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def read_settings(environment: Mapping[str, str], **options: str | None) -> Settings:
    """The settings of an environment, overridden by options of the command line, by field name and as text.
    A variable that is empty counts as absent. Raises `BadSetting`.
    """
    values: dict[str, Any] = {"environment": dict(environment)}
    for variable in VARIABLES:
        option = options.get(variable.field)
        text = option if option is not None else environment.get(variable.name, "").strip()
        if not text and option is None:
            continue
        name = f"--{variable.field.removeprefix('inference_')}" if option is not None else variable.name
        try:
            values[variable.field] = variable.parse(text)
        except ValueError as error:
            held = "" if variable.secret else f"; it is {without_password(text)[:60]!r}"
            raise BadSetting(f"{name} {error}{held}.", setting=name) from None
    if "sso_ids" in values:
        # Here, because few need it, and it brings all of tenancy along.
        from loomwork.bootstrap.sso_settings import read_providers

        values["sso"] = read_providers(environment, values["sso_ids"])
    return Settings(**values)


def describe_settings(settings: Settings, providers: Sequence["ProviderCard"] = ()) -> list[SettingLine]:
    """Every setting with its value, then what the catalog's providers read."""
    own = [SettingLine(it.name, _shown(settings, it), it.default, it.meaning, secret=it.secret) for it in VARIABLES]
    lines: dict[str, SettingLine] = {}
    for line in (line for card in providers for line in _provider_lines(card, settings.environment)):
        # Two providers may read one variable.
        before = lines.get(line.name)
        lines[line.name] = line if before is None else replace(before, meaning=f"{before.meaning} {line.meaning}")
    return [*own, *_sso_lines(settings), *lines.values()]


def _sso_lines(settings: Settings) -> Iterator[SettingLine]:
    if settings.sso:
        from loomwork.bootstrap.sso_settings import provider_lines

        yield from provider_lines(settings.sso, settings.environment)


def _shown(settings: Settings, variable: Variable) -> str:
    name = variable.field
    value = getattr(settings, name.removeprefix("given_"))
    if variable.secret:
        return "set" if value else "not set"
    if name == "given_database_url":
        return without_password(str(value))
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    if name == "sso_ids":
        return ", ".join(value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def without_password(url: str) -> str:
    """A URL that may be shown."""
    scheme, separator, rest = url.partition("://")
    account, at, place = rest.rpartition("@")
    user, colon, _ = account.partition(":")
    place = _SECRET_PART.sub(r"\1***", place)
    return f"{scheme}{separator}{user}{':***' if colon else ''}{at}{place}"


def _provider_lines(card: "ProviderCard", environment: Mapping[str, str]) -> Iterator[SettingLine]:
    if card.endpoint_env:
        given = without_password(environment.get(card.endpoint_env, "").strip())
        meaning = f"{card.label}: where its API is."
        yield SettingLine(card.endpoint_env, given or card.endpoint or "", card.endpoint or "", meaning, secret=False)
    for what, credential in card.credentials.items():
        if credential.env is None:
            continue
        given = environment.get(credential.env, "").strip()
        value = ("set" if given else "not set") if credential.secret else given
        meaning = f"{card.label}: its {what.replace('_', ' ').replace('api', 'API')}."
        yield SettingLine(credential.env, value, "", meaning, secret=credential.secret)


def _user_cache(environment: Mapping[str, str]) -> Path:
    """The user's own folder for what can be fetched again (XDG Base Directory Specification)."""
    given = environment.get("XDG_CACHE_HOME", "").strip()
    return Path(given) if given.startswith("/") else Path.home() / ".cache"
