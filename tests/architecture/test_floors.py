"""The import-linter contracts: kept by the sources (`make lint` runs them), and broken by each kind of bad import."""

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from importlinter.domain.contract import Contract
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.conftest import GraphMaker

REPO = Path(__file__).resolve().parents[2]
ROOMS = (
    "bootstrap",
    "interface",
    "adapters",
    "apps",
    "dsl",
    "nodes",
    "conversations",
    "model_gateway",
    "engine",
    "tenancy",
    "kernel",
)

PURE_LIBRARIES = frozenset(
    {
        "jinja2",
        "jmespath",
        "jsonschema",
        "markdown-it-py",
        "orjson",
        "pydantic",
        "pyotp",
        "python-jsonpath",
        "pyyaml",
        "referencing",
        "regex",
        "tzdata",
        "uuid-utils",
    }
)
"""Dependencies that compute and touch nothing outside the process, so that even a `domain` may use them."""


@pytest.mark.parametrize("name", ["floors", "rooms", "purity"])
def test_the_sources_keep_the_contract(
    contracts: dict[str, Contract], source_graph: grimp.ImportGraph, name: str
) -> None:
    check = contracts[name].check(source_graph, verbose=False)
    assert check.kept, check.metadata


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("kernel.ids", "tenancy.api"),
        ("engine.run.loop", "nodes.llm.node"),
        ("model_gateway.api", "apps.api"),
        ("dsl.reader", "apps.api"),
        ("nodes.llm.node", "dsl"),
        ("apps.application.run_app", "adapters.storage.sql"),
        ("apps.application.run_app", "interface.http"),
        ("interface.http.api", "adapters.storage.sql"),
        ("adapters.wires.local", "interface.http"),
        ("interface.cli.up", "bootstrap.monolith"),
    ],
)
def test_looking_up_or_across_breaks_the_floors(
    contracts: dict[str, Contract], graph_of: GraphMaker, importer: str, imported: str
) -> None:
    assert not contracts["floors"].check(graph_of((importer, imported), rooms=ROOMS), verbose=False).kept


def test_a_room_without_a_floor_breaks_the_floors(contracts: dict[str, Contract], graph_of: GraphMaker) -> None:
    graph = graph_of(("attic.boxes", "kernel.ids"), rooms=ROOMS)
    assert not contracts["floors"].check(graph, verbose=False).kept


def test_neighbours_on_one_floor_may_meet(contracts: dict[str, Contract], graph_of: GraphMaker) -> None:
    graph = graph_of(("model_gateway.application.route", "tenancy.api"), rooms=ROOMS)
    assert contracts["floors"].check(graph, verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("apps.domain.app", "apps.application.publish_app"),
        ("apps.domain.app", "apps.ports"),
        ("apps.ports", "apps.application.publish_app"),
        ("knowledge.api", "knowledge.application.find"),
        ("apps.ports", "apps.api"),
        ("apps.api", "apps.ports"),
    ],
)
def test_a_rule_that_knows_its_use_case_breaks_the_capability(
    contracts: dict[str, Contract], graph_of: GraphMaker, importer: str, imported: str
) -> None:
    assert not contracts["rooms"].check(graph_of((importer, imported), rooms=ROOMS), verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("kernel.ids", "sqlalchemy"),
        ("engine.run.loop", "aiohttp"),
        ("apps.domain.app", "fastapi"),
        ("knowledge.domain.passages", "redis"),
        ("model_gateway.domain", "huggingface_hub"),
    ],
)
def test_an_outside_thing_in_a_pure_room_breaks_purity(
    contracts: dict[str, Contract], graph_of: GraphMaker, importer: str, imported: str
) -> None:
    graph = graph_of((importer, f":{imported}"), ("apps.domain.run", "kernel.ids"), rooms=ROOMS)
    assert not contracts["purity"].check(graph, verbose=False).kept


def test_every_dependency_is_either_pure_or_kept_out_of_the_pure_rooms() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    declared = {canonicalize_name(Requirement(line).name) for line in project["project"]["dependencies"]}
    purity = next(contract for contract in project["tool"]["importlinter"]["contracts"] if contract["id"] == "purity")
    kept_out = set(purity["forbidden_modules"])
    open_to_pure = {
        distribution
        for module, distributions in packages_distributions().items()
        if module not in kept_out and not module.startswith("_")
        for distribution in map(canonicalize_name, distributions)
    }
    assert (declared & open_to_pure) - PURE_LIBRARIES == set()


def test_no_contract_has_exceptions() -> None:
    contracts = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {"floors", "rooms", "purity"}
    assert [
        contract["id"] for contract in contracts if "ignore_imports" in contract or "exhaustive_ignores" in contract
    ] == []
