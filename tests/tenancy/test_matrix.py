"""No workspace can read, change or infer a thing of another, over any operation that the server answers."""

import dataclasses

from tests.tenancy.matrix import findings, owners_answers
from tests.tenancy.meanings import missing_from_the_tables
from tests.tenancy.tenants import Installation


async def test_every_operation_stands_in_the_matrix(embedded: Installation) -> None:
    assert "\n".join(missing_from_the_tables(embedded.operations)) == ""


async def test_nothing_of_another_workspace_is_shown_changed_or_told_apart_from_nothing(opened: Installation) -> None:
    assert "\n".join([found async for found in findings(opened)]) == ""


async def test_nor_is_anything_of_the_first_workspace_to_another(opened: Installation) -> None:
    """The first one's owner runs the installation, so what is tried from there is not what others can try."""
    the_other_way = dataclasses.replace(opened, ours=opened.theirs, theirs=opened.ours)
    assert "\n".join([found async for found in findings(the_other_way)]) == ""


async def test_whoever_owns_a_thing_is_answered_so_the_refusals_of_others_mean_something(opened: Installation) -> None:
    assert "\n".join(await owners_answers(opened)) == ""


async def test_where_everybodys_credentials_are_sent_is_for_the_owner_of_the_installation_to_say(
    embedded: Installation,
) -> None:
    files = {"provider.yml": "id: openai\nlabel: Mine\nwire: openai_chat\nendpoint: https://mine.example.org/v1\n"}
    body = {"files": files}
    refused = await embedded.ask("POST", "/api/v1/providers", embedded.theirs.keys["workspace"], json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    allowed = await embedded.ask("POST", "/api/v1/providers", embedded.ours.keys["workspace"], json=body)
    assert allowed.status_code == 201
    removed = await embedded.ask("DELETE", "/api/v1/providers/openai", embedded.theirs.keys["workspace"])
    assert (removed.status_code, removed.json()["error"]["code"]) == (403, "not_allowed")
