"""An edit that names what its caller has read is refused once that is something else."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import pytest
from fastapi import FastAPI, Response

from loomwork.interface.http.api.app import create_api_app, openapi_document
from loomwork.interface.http.api.edits import ChangedMeanwhile, Edit, Turns, tag_of, wanted_tags
from loomwork.interface.http.api.limits import LimitShape
from loomwork.interface.http.needs import api_routes
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.errors import InvalidInput

UNCONDITIONAL = {
    "change_password": "a password is not shown, so nobody has read it",
    "rate_message": "it is one's own word, which nobody else writes",
    "replace_knowledge_document": "another file is another content, whatever there was",
}
"""PUTs and PATCHes that take no `If-Match`, and why."""

DRAFTS = {"replace_document"}
"""Held back by the number of the draft."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    nobody = cast(Services, SimpleNamespace(gatekeeper=None, limits=None, people=None, alone=None))
    return create_api_app(nobody, HttpOptions(version="0.1.0"))


def test_every_edit_of_a_thing_takes_if_match_and_is_held_back_by_it(app: FastAPI) -> None:
    parameters = {
        operation["operationId"]: {each["name"] for each in operation.get("parameters", ())}
        for item in openapi_document(app)["paths"].values()
        for operation in item.values()
    }
    edits = [route for route in api_routes(app.routes) if {"PUT", "PATCH"} & set(route.methods or ())]
    assert len(edits) > 15
    for route in edits:
        if route.name in UNCONDITIONAL:
            continue
        assert "If-Match" in {each.title() for each in parameters[route.name]}, route.name
        takes_edit = "edit" in route.endpoint.__annotations__
        assert takes_edit != (route.name in DRAFTS), route.name
        names = set(route.endpoint.__code__.co_names)
        assert {"unless_changed", "on"} <= names or route.name in DRAFTS, route.name


def limit(most: int, used: int) -> LimitShape:
    return LimitShape(id="l1", subject="workspace", subject_id="", measure="runs", most=most, used=used)


def test_a_tag_is_of_what_people_edit_and_not_of_what_is_counted() -> None:
    assert tag_of(limit(5, used=1)) == tag_of(limit(5, used=4)) != tag_of(limit(6, used=1))


async def test_of_two_who_have_read_the_same_only_the_first_changes_it() -> None:
    there, turns = limit(5, 0), Turns(lambda _: nullcontext())
    read = wanted_tags(tag_of(there))

    async def shown() -> LimitShape:
        return there

    async with Edit(Response(), turns, "l1", read).unless_changed(shown):
        there = limit(6, 0)
    with pytest.raises(ChangedMeanwhile):
        async with Edit(Response(), turns, "l1", read).unless_changed(shown):
            there = limit(7, 0)
    assert there.most == 6


@pytest.mark.parametrize("header", ["7", '"', '"a" "b"', '"a",', "", 'W"a"', '"\n"'])
def test_what_is_no_tag_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput, match="If-Match"):
        wanted_tags(header)


def test_several_tags_may_be_named_and_a_star_is_any() -> None:
    assert wanted_tags('"a", W/"b"') == frozenset({'"a"', 'W/"b"'})
    assert wanted_tags("*") is wanted_tags(None) is None
