"""What an app remembers of a conversation: written by one turn, read by the next."""

from typing import Any

import pytest
import yaml

from loomwork.apps.api import RunRequest
from loomwork.kernel.ids import AppId, ConversationId
from tests.unit.apps.conftest import app_text

pytestmark = pytest.mark.anyio


def notebook(
    *further: dict[str, Any],
    edges: str = "",
    variables: tuple[tuple[str, Any], ...] = (),
    says: str = "{{#conversation.notes#}}",
) -> str:
    """A chat app that appends each query to `notes` and answers with all of them."""
    note = {"variable_selector": ["conversation", "notes"], "input_type": "variable", "operation": "append"}
    nodes: list[dict[str, Any]] = [
        {"id": "s", "type": "start", "title": "Start", "variables": []},
        {"id": "w", "type": "assigner", "title": "Note", "version": "2", "items": [note | {"value": ["sys", "query"]}]},
        {"id": "a", "type": "answer", "title": "Answer", "answer": says},
        *further,
    ]
    tree = yaml.safe_load(app_text("advanced-chat", nodes, f"s>w, w>a{edges}"))
    declared = (("notes", []), ("untouched", "as it was"), *variables)
    tree["workflow"]["conversation_variables"] = [
        {"id": name, "name": name, "value_type": "array[string]" if value == [] else "string", "value": value}
        for name, value in declared
    ]
    return yaml.safe_dump(tree, sort_keys=False)


async def turn(studio: Any, app_id: AppId, query: str, conversation_id: ConversationId | None = None) -> Any:
    asked = RunRequest(app_id, query=query, end_user="ada", conversation_id=conversation_id)
    run = await studio.apps.start_run(studio.owner, asked)
    return await studio.apps.wait_for_run(studio.owner, run.id)


async def test_the_next_turn_reads_what_an_assigner_wrote(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, notebook())
    first = await turn(studio, app.id, "milk")
    second = await turn(studio, app.id, "eggs", first.conversation_id)
    assert (first.answer, second.answer) == ("- milk", "- milk\n- eggs")
    kept = await studio.storage.conversations.get_conversation(studio.owner, first.conversation_id)
    assert kept.variables == {"notes": ["milk", "eggs"], "untouched": "as it was"}


async def test_another_conversation_begins_with_the_defaults(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, notebook())
    first = await turn(studio, app.id, "milk")
    other = await turn(studio, app.id, "bread")
    assert first.conversation_id != other.conversation_id
    assert other.answer == "- bread"


async def test_what_was_written_is_kept_when_the_turn_fails_afterwards(studio: Any) -> None:
    broken = {"id": "b", "type": "template-transform", "title": "Broken", "template": "{{ 1 / 0 }}", "variables": []}
    app = await studio.apps.import_app(studio.owner, notebook(broken, edges=", w>b"))
    failed = await turn(studio, app.id, "milk")
    assert failed.status == "failed"
    kept = await studio.storage.conversations.get_conversation(studio.owner, failed.conversation_id)
    assert kept.variables["notes"] == ["milk"]


async def test_a_turn_keeps_what_another_wrote_meanwhile(studio: Any) -> None:
    model = {
        "id": "m",
        "type": "llm",
        "title": "Model",
        "model": {"provider": "acme", "name": "big", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": "{{#sys.query#}}"}],
    }
    app = await studio.apps.import_app(studio.owner, notebook(model, edges=", w>m"))
    first = await turn(studio, app.id, "milk")
    conversation = first.conversation_id
    studio.parrot.let.clear()
    asked = RunRequest(app.id, query="eggs", end_user="ada", conversation_id=conversation)
    run = await studio.apps.start_run(studio.owner, asked)
    await studio.storage.conversations.merge_variables(studio.owner, conversation, {"untouched": "touched"})
    studio.parrot.let.set()
    await studio.apps.wait_for_run(studio.owner, run.id)
    kept = await studio.storage.conversations.get_conversation(studio.owner, conversation)
    assert kept.variables == {"notes": ["milk", "eggs"], "untouched": "touched"}


async def test_whoever_has_seen_the_end_of_a_turn_reads_what_it_wrote(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, notebook())
    asked = RunRequest(app.id, query="milk", end_user="ada")
    run = await studio.apps.start_run(studio.owner, asked)
    async for batch in studio.apps.follow_run(studio.owner, run.id):
        if batch[-1]["type"] == "run_succeeded":
            kept = await studio.storage.conversations.get_conversation(studio.owner, run.conversation_id)
            assert kept.variables["notes"] == ["milk"]


async def test_an_older_conversation_has_the_variables_that_the_app_gained_since(studio: Any) -> None:
    app = await studio.apps.import_app(studio.owner, notebook())
    first = await turn(studio, app.id, "milk")
    grown = notebook(says="{{#conversation.notes#}} and {{#conversation.mood#}}", variables=(("mood", "good cheer"),))
    await studio.apps.replace_document(studio.owner, app.id, grown)
    second = await turn(studio, app.id, "eggs", first.conversation_id)
    assert second.answer == "- milk\n- eggs and good cheer"
