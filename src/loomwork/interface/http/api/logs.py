"""Logs of messages, what people think of them, annotations, and how long things are kept."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.apps.api import Environment
from loomwork.conversations.api import MessageFilter, Rating
from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.log_shapes import (
    AnnotationBody,
    AnnotationShape,
    FeedbackBody,
    LoggedFeedbackShape,
    LoggedMessageShape,
    RetentionBody,
    RetentionShape,
)
from loomwork.interface.http.api.shapes import PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.moments import in_utc
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import AppId, ConversationId, MessageId

router = APIRouter(route_class=StrictRoute, tags=["logs"])
creating = APIRouter(route_class=CreatingRoute, tags=["logs"])

Word = Annotated[str | None, Query(max_length=255)]
Text = Annotated[str, Query(max_length=500, description="Part of what was asked or answered.")]


@router.get("/messages", dependencies=[needs("runs.read")])
async def search_messages(
    call: TheCall,
    page: ThePage,
    app_id: Annotated[str | None, Query(max_length=100)] = None,
    conversation_id: Annotated[str | None, Query(max_length=100)] = None,
    end_user: Word = None,
    status: Annotated[str | None, Query(max_length=40, examples=["failed"])] = None,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    environment: Environment | None = None,
    source: Word = None,
    since: datetime | None = None,
    until: datetime | None = None,
    text: Text = "",
    rating: Rating | None = None,
) -> PageOf[LoggedMessageShape]:
    """List messages of all conversations, newest first, with what people think of them."""
    wanted = MessageFilter(
        app_id=AppId(app_id) if app_id else None,
        conversation_id=ConversationId(conversation_id) if conversation_id else None,
        end_user=end_user,
        status=status,
        version=version,
        environment=environment,
        source=source,
        since=in_utc(since, "since"),
        until=in_utc(until, "until"),
        text=text,
        rating=rating,
    )
    found = await call.message_log.list_messages(call.scope, wanted, page)
    shapes = [LoggedMessageShape.logged(logged) for logged in found.items]
    return PageOf[LoggedMessageShape](data=shapes, next=found.next)


@router.get("/messages/{message_id}", dependencies=[needs("runs.read")])
async def read_message(call: TheCall, message_id: str) -> LoggedMessageShape:
    """Show a message, what answered it, and what people think of it."""
    return LoggedMessageShape.logged(await call.message_log.get_message(call.scope, MessageId(message_id)))


@router.put("/messages/{message_id}/feedback", dependencies=[needs("runs.act")])
async def rate_message(call: TheCall, message_id: str, body: FeedbackBody) -> LoggedMessageShape:
    """Say what you think of a message, in the place of what you said before."""
    log, author = call.message_log, call.scope.actor.id
    if body.rating is None:
        await log.take_back(call.scope, MessageId(message_id), "member", author)
    else:
        await log.rate(call.scope, MessageId(message_id), "member", author, body.rating, body.content)
    return LoggedMessageShape.logged(await log.get_message(call.scope, MessageId(message_id)))


@router.get("/apps/{app_id}/feedback", dependencies=[needs("runs.read")])
async def list_feedback(
    call: TheCall, page: ThePage, app_id: str, rating: Rating | None = None
) -> PageOf[LoggedFeedbackShape]:
    """List what people think of the messages of an app, newest first."""
    found = await call.message_log.list_feedback(call.scope, AppId(app_id), page, rating=rating)
    return PageOf[LoggedFeedbackShape](data=[LoggedFeedbackShape.logged(each) for each in found.items], next=found.next)


@router.get("/apps/{app_id}/annotations", dependencies=[needs("runs.read")])
async def list_annotations(call: TheCall, page: ThePage, app_id: str, text: Text = "") -> PageOf[AnnotationShape]:
    """List the annotations of an app, newest first."""
    found = await call.annotations.list_annotations(call.scope, AppId(app_id), page, text=text)
    return PageOf[AnnotationShape](data=[AnnotationShape.of(each) for each in found.items], next=found.next)


@creating.post("/apps/{app_id}/annotations", status_code=201, dependencies=[needs("apps.edit")])
async def create_annotation(call: TheCall, app_id: str, body: AnnotationBody) -> AnnotationShape:
    """Write down what is to be answered to a question."""
    return AnnotationShape.of(await call.annotations.add(call.scope, AppId(app_id), body.question, body.answer))


@router.get("/apps/{app_id}/annotations/{annotation_id}", dependencies=[needs("runs.read")])
async def read_annotation(call: TheCall, tagged: TheTagged, app_id: str, annotation_id: str) -> AnnotationShape:
    """Show an annotation."""
    return tagged.on(await _annotation(call, app_id, annotation_id))


async def _annotation(call: Call, app_id: str, annotation_id: str) -> AnnotationShape:
    return AnnotationShape.of(await call.annotations.get(call.scope, AppId(app_id), annotation_id))


@router.put("/apps/{app_id}/annotations/{annotation_id}", dependencies=[needs("apps.edit")])
async def edit_annotation(
    call: TheCall, edit: TheEdit, app_id: str, annotation_id: str, body: AnnotationBody
) -> AnnotationShape:
    """Put another question and answer in the place of those of an annotation."""
    async with edit.unless_changed(lambda: _annotation(call, app_id, annotation_id)):
        saved = await call.annotations.save(call.scope, AppId(app_id), annotation_id, body.question, body.answer)
        return edit.on(AnnotationShape.of(saved))


@router.delete("/apps/{app_id}/annotations/{annotation_id}", status_code=204, dependencies=[needs("apps.edit")])
async def delete_annotation(call: TheCall, app_id: str, annotation_id: str) -> Response:
    """Take an annotation away."""
    await call.annotations.remove(call.scope, AppId(app_id), annotation_id)
    return Response(status_code=204)


@router.get("/retention", dependencies=[needs("workspace.read")])
async def read_retention(call: TheCall, tagged: TheTagged) -> RetentionShape:
    """Say for how long runs and conversations are kept of all apps that have no rule of their own."""
    return tagged.on(await _retention(call, None))


async def _retention(call: Call, app_id: AppId | None) -> RetentionShape:
    return RetentionShape(days=await call.life.retention(call.scope, app_id))


@router.put("/retention", dependencies=[needs("workspace.manage")])
async def set_retention(call: TheCall, edit: TheEdit, body: RetentionBody) -> RetentionShape:
    """Have runs that ended longer ago taken away with their messages, within the hour."""
    async with edit.unless_changed(lambda: _retention(call, None)):
        await call.life.retain(call.scope, None, body.days)
        return edit.on(RetentionShape(days=body.days))


@router.get("/apps/{app_id}/retention", dependencies=[needs("apps.read")])
async def read_app_retention(call: TheCall, tagged: TheTagged, app_id: str) -> RetentionShape:
    """Say what an app's own rule is; without one, that of the workspace holds."""
    return tagged.on(await _retention(call, AppId(app_id)))


@router.put("/apps/{app_id}/retention", dependencies=[needs("workspace.manage")])
async def set_app_retention(call: TheCall, edit: TheEdit, app_id: str, body: RetentionBody) -> RetentionShape:
    """Have an app's runs that ended longer ago taken away with their messages, within the hour."""
    async with edit.unless_changed(lambda: _retention(call, AppId(app_id))):
        await call.life.retain(call.scope, AppId(app_id), body.days)
        return edit.on(RetentionShape(days=body.days))
