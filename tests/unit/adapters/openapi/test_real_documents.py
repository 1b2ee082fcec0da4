"""Documents that other programs wrote: those that FastAPI writes of our own faces."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from fastapi import FastAPI

from loomwork.adapters.openapi.reading import read_api
from loomwork.interface.http.compat.dify import app as dify
from loomwork.interface.http.compat.openai import app as openai
from loomwork.interface.http.compat.taskingai import app as taskingai
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.tools.domain.api_definition import ApiSettings
from loomwork.tools.domain.imported_api import card_of
from scripts.generate_client import api_document
from tests.unit.adapters.openapi.api_server import document


def test_every_operation_of_our_own_api_is_a_tool() -> None:
    said = api_document()
    definition = read_api(json.dumps(said).encode(), base="https://loomwork.example.org/api/v1/openapi.json")
    methods = ("get", "put", "post", "patch", "delete")
    there = sum(method in item for item in said["paths"].values() for method in methods)
    assert (len(definition.operations), definition.problems) == (there, ())
    assert definition.servers[0].startswith("https://loomwork.example.org")
    cards = {each.name: card_of(each, ApiSettings()) for each in definition.operations}
    assert "$ref" not in json.dumps([card.input_schema for card in cards.values()])
    called = cards["call_tool"].input_schema
    assert {"toolset", "tool", "arguments"} <= set(called["properties"])
    assert {"toolset", "tool"} <= set(called["required"])


FACES = [dify.create_dify_app, openai.create_openai_app, taskingai.create_taskingai_app]


@pytest.mark.parametrize("made", FACES, ids=lambda made: str(made.__name__))
def test_what_our_other_faces_say_of_themselves_is_read(made: Callable[[Services, HttpOptions], FastAPI]) -> None:
    nobody = cast(Services, SimpleNamespace(gatekeeper=None, limits=None, people=None, alone=None))
    said = made(nobody, HttpOptions()).openapi()
    definition = read_api(json.dumps(said).encode(), base="https://loomwork.example.org/openapi.json")
    assert definition.problems == ()
    assert definition.operations


@pytest.mark.parametrize("levels", [10, 60])
def test_a_schema_that_is_written_out_in_full_is_read(levels: int) -> None:
    schema: object = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    body = {"content": {"application/json": {"schema": schema}}}
    said = document({"/a": {"post": {"requestBody": body, "responses": {}}}})
    assert len(read_api(json.dumps(said).encode()).operations) == 1
