"""What people think of messages, and annotations, as Dify's clients say them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from loomwork.conversations.api import Annotation, AnnotationStore, LoggedFeedback, LoggedMessage, MessageLog
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.dify.bodies import UserBody
from loomwork.interface.http.compat.dify.call import Call, TheCall
from loomwork.interface.http.compat.dify.runs import seconds
from loomwork.interface.http.errors import json_response
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import MessageId
from loomwork.kernel.page import PageRequest

router = APIRouter(route_class=StrictRoute)

PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=100)]


class RatingBody(UserBody):
    rating: Literal["like", "dislike"] | None = None
    content: str | None = Field(default=None, max_length=10_000)


class AnnotationBody(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    question: str = Field(min_length=1, max_length=10_000)
    answer: str = Field(min_length=1, max_length=100_000)


@router.post("/messages/{message_id}/feedbacks")
async def rate_message(call: TheCall, message_id: str, body: RatingBody) -> Response:
    """Say what a user thinks of a message that they were sent; without a rating, what they said is taken back."""
    message = await _own_message(call, message_id, body.user)
    if body.rating is None:
        await _log(call).take_back(call.scope, message.message.id, "end_user", body.user)
    else:
        await _log(call).rate(call.scope, message.message.id, "end_user", body.user, body.rating, body.content or "")
    return json_response({"result": "success"})


@router.get("/app/feedbacks")
async def list_feedback(call: TheCall, page: PageNumber = 1, limit: Limit = 20) -> Response:
    """List what people think of the app's messages, newest first."""
    found = await _log(call).list_feedback(call.scope, call.app_id, PageRequest(limit), skip=(page - 1) * limit)
    return json_response({"data": [_feedback(call, each) for each in found.items]})


@router.get("/apps/annotations")
async def list_annotations(
    call: TheCall,
    page: PageNumber = 1,
    limit: Limit = 20,
    keyword: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """List the app's annotations, newest first."""
    store = _annotations(call)
    total = await store.count_annotations(call.scope, call.app_id, text=keyword)
    found = await store.list_annotations(
        call.scope, call.app_id, PageRequest(limit), text=keyword, skip=(page - 1) * limit
    )
    data = [_annotation(each) for each in found.items]
    facts = {"has_more": found.next is not None, "limit": limit, "total": total, "page": page}
    return json_response({"data": data, **facts})


@router.post("/apps/annotations")
async def create_annotation(call: TheCall, body: AnnotationBody) -> Response:
    """Write down what is to be answered to a question."""
    made = await _annotations(call).add(call.scope, call.app_id, body.question, body.answer)
    return json_response(_annotation(made), 201)


@router.put("/apps/annotations/{annotation_id}")
async def edit_annotation(call: TheCall, annotation_id: str, body: AnnotationBody) -> Response:
    """Put another question and answer in the place of those of an annotation."""
    saved = await _annotations(call).save(call.scope, call.app_id, annotation_id, body.question, body.answer)
    return json_response(_annotation(saved))


@router.delete("/apps/annotations/{annotation_id}", status_code=204)
async def delete_annotation(call: TheCall, annotation_id: str) -> Response:
    """Take an annotation away."""
    await _annotations(call).remove(call.scope, call.app_id, annotation_id)
    return Response(status_code=204)


def _log(call: Call) -> MessageLog:
    if call.services.message_log is None:
        raise NotFound("This server keeps no log of messages.")
    return call.services.message_log


def _annotations(call: Call) -> AnnotationStore:
    if call.services.annotations is None:
        raise NotFound("This server keeps no annotations.")
    return call.services.annotations


async def _own_message(call: Call, message_id: str, user: str) -> LoggedMessage:
    """A message of this app and this user; `NotFound` for any other."""
    missing = NotFound("This app has no such message of this user.")
    try:
        message = await _log(call).get_message(call.scope, MessageId(message_id))
    except NotFound:
        raise missing from None
    if message.app_id != call.app_id or message.end_user != user:
        raise missing
    return message


def _feedback(call: Call, logged: LoggedFeedback) -> dict[str, Any]:
    given = logged.feedback
    by_user = given.source == "end_user"
    return {
        "id": given.id,
        "app_id": call.app_id,
        "conversation_id": logged.conversation_id,
        "message_id": given.message_id,
        "rating": given.rating,
        "content": given.content,
        "from_source": "user" if by_user else "admin",
        "from_end_user_id": given.author if by_user else None,
        "from_account_id": None if by_user else given.author,
        "created_at": given.created_at.isoformat(),
        "updated_at": given.updated_at.isoformat(),
    }


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "id": annotation.id,
        "question": annotation.question,
        "answer": annotation.answer,
        "hit_count": annotation.hits,
        "created_at": seconds(annotation.created_at),
    }
