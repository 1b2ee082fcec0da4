"""The catalog that we ship: its files are what their schemas say, and honest about what is known."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.model_gateway.domain.provider import Catalog
from scripts.write_catalog_schemas import FOLDER, text

PROVIDERS = Path(__file__).resolve().parents[4] / "catalog" / "providers"

KNOWN_ELSEWHERE = """ai21 anthropic aws_bedrock azure_openai baichuan cohere custom_host debug deepseek fireworks
google_gemini groq hugging_face hugging_face_inference_endpoint jina leptonai llama_api lm_studio localai minimax
mistralai moonshot ollama openai openrouter reka replicate sensetime siliconcloud togetherai tongyi volcengine wenxin
yi zhipu"""
"""The ids under which another platform knows its 35 providers."""

IN_APP_FILES = """openai langgenius/openai/openai langgenius/openai_api_compatible/openai_api_compatible
openai_api_compatible langgenius/gemini/google google langgenius/google/google langgenius/tongyi/tongyi tongyi bedrock
langgenius/bedrock/bedrock langgenius/siliconflow/siliconflow siliconflow langgenius/deepseek/deepseek deepseek
langgenius/volcengine_maas/volcengine_maas volcengine_maas ollama langgenius/ollama/ollama langgenius/zhipuai/zhipuai
zhipuai anthropic langgenius/anthropic/anthropic langgenius/modelscope/modelscope moonshot minimax
langgenius/minimax/minimax langgenius/mistralai/mistralai langgenius/openrouter/openrouter azure_openai
langgenius/vertex_ai/vertex_ai groq xinference langgenius/x/x"""
"""What app files that people have written call the providers of their models."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return CatalogReader([PROVIDERS]).read()


def files(pattern: str) -> Iterator[tuple[Path, Any]]:
    for path in sorted(PROVIDERS.glob(pattern)):
        # Dates as text, as JSON has them.
        yield path, json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))


@pytest.mark.parametrize(("kind", "pattern"), [("provider", "*/provider.yml"), ("model", "*/models/*.yml")])
def test_every_file_is_what_its_schema_says(kind: str, pattern: str) -> None:
    schema = json.loads((FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    checked = 0
    for path, document in files(pattern):
        assert list(validator.iter_errors(document)) == [], path
        checked += 1
    assert checked >= 40
    assert list(validator.iter_errors({"id": "x", "labell": "misspelt"})) != []


@pytest.mark.parametrize("kind", ["provider", "model"])
def test_the_schemas_are_those_of_the_code_that_reads_the_files(kind: str) -> None:
    written = (FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert written == text(kind), "run scripts/write_catalog_schemas.py"


def test_there_are_at_least_forty_providers_and_each_file_can_be_used(catalog: Catalog) -> None:
    assert len(catalog.providers) >= 40
    assert catalog.problems == {}
    assert {name: dict(each.problems) for name, each in catalog.providers.items() if each.problems} == {}


@pytest.mark.parametrize("name", [*KNOWN_ELSEWHERE.split(), *IN_APP_FILES.split()])
def test_providers_are_found_by_the_names_that_others_give_them(catalog: Catalog, name: str) -> None:
    assert catalog.named(name) is not None


def test_no_two_providers_answer_to_one_name(catalog: Catalog) -> None:
    names = [name.casefold() for each in catalog.providers.values() for name in {each.id, *each.card.aliases}]
    assert sorted(names) == sorted(set(names))


def test_a_price_a_size_and_a_retirement_say_where_they_were_read(catalog: Catalog) -> None:
    for provider in catalog.providers.values():
        for model in provider.models.values():
            known = (model.price, model.retires, model.dimensions, model.max_output)
            if any(fact is not None for fact in known) and provider.card.wire not in ("local", "debug"):
                assert model.sources, f"{provider.id}/{model.id}"


def test_a_provider_that_nobody_could_try_says_so(catalog: Catalog) -> None:
    tried = {provider.id for provider in catalog.providers.values() if provider.card.tried}
    assert tried == {"debug", "local", "openai-compatible"}


def test_what_is_sent_to_a_vendor_goes_over_an_encrypted_connection(catalog: Catalog) -> None:
    for provider in catalog.providers.values():
        assert provider.card.endpoint is None or provider.card.endpoint.startswith("https://"), provider.id
