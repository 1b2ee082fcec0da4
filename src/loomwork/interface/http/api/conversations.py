"""Conversations of chat apps, to read."""

from typing import Annotated

from fastapi import APIRouter, Query

from loomwork.interface.http.api.call import TheCall, ThePage
from loomwork.interface.http.api.shapes import ConversationShape, MessageShape, PageOf, page_of
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import AppId, ConversationId

router = APIRouter(route_class=StrictRoute, tags=["conversations"])


@router.get("/conversations", dependencies=[needs("runs.read")])
async def list_conversations(
    call: TheCall, page: ThePage, app_id: Annotated[str, Query(max_length=100)]
) -> PageOf[ConversationShape]:
    """List the conversations of an app, newest first."""
    app = await call.services.apps.get_app(call.scope, AppId(app_id))
    return page_of(ConversationShape, await call.services.conversations.list_conversations(call.scope, app.id, page))


@router.get("/conversations/{conversation_id}/messages", dependencies=[needs("runs.read")])
async def list_messages(call: TheCall, page: ThePage, conversation_id: str) -> PageOf[MessageShape]:
    """List the messages of a conversation, oldest first."""
    conversations = call.services.conversations
    conversation = await conversations.get_conversation(call.scope, ConversationId(conversation_id))
    return page_of(MessageShape, await conversations.list_messages(call.scope, conversation.id, page))
