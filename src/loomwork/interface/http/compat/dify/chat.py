"""Chat apps: say something, stop the answer, read conversations and their messages."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from loomwork.apps.api import App, RunRequest
from loomwork.conversations.api import Conversation, Message, MessageFilter
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.dify.bodies import ChatBody, UserBody
from loomwork.interface.http.compat.dify.call import Call, TheCall, TheUser
from loomwork.interface.http.compat.dify.errors import ConversationNotFound, NotChatApp, VersionPinned
from loomwork.interface.http.compat.dify.runs import chat_answer, seconds, stream_run, wait_for
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.starting import start_once
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import ConversationId
from loomwork.kernel.page import PageRequest

router = APIRouter(route_class=StrictRoute)

CHAT_MODES = frozenset({"advanced-chat", "chat", "agent-chat", "agent"})

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100)]


@router.post("/chat-messages")
async def send_message(call: TheCall, request: Request, body: ChatBody) -> Response:
    """Say something to the published version, streaming its answer or waiting for it."""
    app = await _chat_app(call)
    if body.workflow_id:
        raise VersionPinned("Only the published version can be run; leave `workflow_id` out.")
    run, headers = await start_once(request, call.services, call.identity, await _turn(call, body))
    if body.response_mode == "streaming":
        response = stream_run(call, run, app.mode)
        response.headers.update(headers)
        return response
    return json_response(await chat_answer(call, await wait_for(call, run.id), app.mode), headers=headers)


async def _turn(call: Call, body: ChatBody) -> RunRequest:
    conversation_id = None
    if body.conversation_id:
        conversation_id = (await _own_conversation(call, body.conversation_id, body.user)).id
    return RunRequest(
        app_id=call.app_id,
        inputs=body.inputs,
        query=body.query,
        conversation_id=conversation_id,
        files=tuple(body.files or ()),
        published=True,
        source="dify",
        end_user=body.user,
    )


async def _chat_app(call: Call) -> App:
    app = await call.apps.get_app(call.scope, call.app_id)
    if app.mode not in CHAT_MODES:
        raise NotChatApp(f"This key opens an app of mode {app.mode}; run workflows at /v1/workflows/run.")
    return app


async def _own_conversation(call: Call, conversation_id: str, user: str) -> Conversation:
    try:
        conversation = await call.services.conversations.get_conversation(call.scope, ConversationId(conversation_id))
    except NotFound:
        conversation = None
    if conversation is None or conversation.app_id != call.app_id or conversation.end_user != user:
        raise ConversationNotFound("This app has no such conversation with this user.")
    return conversation


@router.post("/chat-messages/{task_id}/stop")
async def stop_message(call: TheCall, task_id: str, body: UserBody) -> Response:
    """Ask the answer to stop."""
    await _chat_app(call)
    await call.stop_own_run(task_id, user=body.user)
    return json_response({"result": "success"})


@router.get("/conversations")
async def list_conversations(call: TheCall, user: TheUser, last_id: Cursor = None, limit: Limit = 20) -> Response:
    """List a user's conversations, newest first."""
    await _chat_app(call)
    page = await call.services.conversations.list_conversations(
        call.scope, call.app_id, PageRequest(limit, last_id or None), end_user=user
    )
    data = [_conversation(conversation) for conversation in page.items]
    return json_response({"limit": limit, "has_more": page.next is not None, "data": data})


@router.get("/messages")
async def list_messages(
    call: TheCall, user: TheUser, conversation_id: str, first_id: Cursor = None, limit: Limit = 20
) -> Response:
    """Read a conversation backwards page by page; within a page, oldest first."""
    await _chat_app(call)
    conversation = await _own_conversation(call, conversation_id, user)
    page = await call.services.conversations.list_messages(
        call.scope, conversation.id, PageRequest(limit, first_id or None), newest_first=True
    )
    ratings = await _ratings(call, conversation, user, PageRequest(limit, first_id or None))
    data = [_message(message, ratings.get(message.id)) for message in reversed(page.items)]
    return json_response({"limit": limit, "has_more": page.next is not None, "data": data})


async def _ratings(call: Call, conversation: Conversation, user: str, page: PageRequest) -> Mapping[str, str]:
    """What the user has said of the messages of a page."""
    if call.services.message_log is None:
        return {}
    wanted = MessageFilter(conversation_id=conversation.id)
    found = await call.services.message_log.list_messages(call.scope, wanted, page)
    return {
        logged.message.id: given.rating
        for logged in found.items
        for given in logged.feedback
        if (given.source, given.author) == ("end_user", user)
    }


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "name": conversation.name,
        "inputs": conversation.inputs,
        "status": "normal",
        "introduction": "",
        "created_at": seconds(conversation.created_at),
        "updated_at": seconds(conversation.updated_at),
    }


_MESSAGE_STATUS: Mapping[str, str] = {"failed": "error"}


def _message(message: Message, rating: str | None) -> dict[str, Any]:
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "parent_message_id": message.parent_id,
        "inputs": message.inputs,
        "query": message.query,
        "answer": message.answer,
        "status": _MESSAGE_STATUS.get(message.status, "normal"),
        "error": None,
        "message_files": [],
        "feedback": {"rating": rating} if rating is not None else None,
        "retriever_resources": [],
        "agent_thoughts": [],
        "created_at": seconds(message.created_at),
    }
