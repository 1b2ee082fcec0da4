"""What each part of each operation names, and a valid request of each: the table that the matrix is made from.

Whoever adds a route adds its parts here, and its body to `EXAMPLES`; `test_every_operation_stands_in_the_matrix` says
what is missing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.tenancy.operations import Operation, Part
from tests.tenancy.tenants import NOWHERE, VISITOR, Tenant, document

Expected = Literal["refused", "alike"]


@dataclass(frozen=True, slots=True)
class Names:
    """The part holds the id of one of `things` (of `Tenant.ids`), written as `written` says.

    Another workspace's is `refused` (401, 403 or 404), as one that never was. Where it is only `alike`, a request may
    succeed with either, because `why`.
    """

    things: Sequence[str]
    written: str = "{}"
    expected: Expected = "refused"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """What makes a request of an operation a valid one. `ids`: by part of the path, which thing, where the first of the
    table will not do; `=word` is that word. `key`: which of the tenant's keys opens it. `status`: what its owner may be
    told besides success.
    """

    body: Callable[[Tenant], Any] | None = None
    query: Callable[[Tenant], Mapping[str, str]] | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    form: Callable[[Tenant], Mapping[str, Any]] | None = None
    status: Sequence[int] = ()


CURSOR = (Names(("run", "conversation", "message"), expected="alike", why="a cursor only says where to go on"),)
ROUTED = (Names(("route",), "route/{}"),)
MODEL = (*ROUTED, Names(("app", "chat"), "app:{}"))
NO_APP = (*ROUTED, Names(("app", "chat"), "app:{}", expected="alike", why="no app at all is taken there"))
BINDS = Names(("route",), "route/{}", expected="alike", why="a document may name models that are not there yet")
APP = (Names(("app", "chat")),)
RUN = (Names(("run", "asking")),)
ROUTE = Names(("route",), expected="alike", why="the name is the caller's own choice, whatever others call theirs")
BUDGET = Names(("budget",), expected="alike", why="the id is the caller's own choice, whatever others call theirs")

DONE = Names(("app", "key"), expected="alike", why="the trail outlives what it tells of, so it only looks")

PARTS: Mapping[str, Sequence[Names]] = {
    "path app_id": APP,
    "path run_id": RUN,
    "path task_id": RUN,
    "path key_id": (Names(("key", "app_key", "knowledge_key", "revoked", "member_key")),),
    "path invitation_id": (Names(("invitation",)),),
    "path member_id": (Names(("member",)),),
    "path conversation_id": (Names(("conversation",)),),
    "path message_id": (Names(("message",)),),
    "path annotation_id": (Names(("annotation", "note")),),
    "path credential_id": (Names(("credential",)),),
    "path tool_credential_id": (Names(("tool_credential",)),),
    "path output_id": (Names(("output",)),),
    "path api": (Names(("api",)),),
    "path server": (Names(("server",)),),
    "path knowledge_id": (Names(("knowledge",)),),
    "path document_id": (Names(("document",)),),
    "path chunk_id": (Names(("chunk",)),),
    "path role_id": (Names(("role",)),),
    "query member_id": (Names(("member",), expected="alike", why="a list without a member of this name is empty"),),
    "query role": (Names(("role",), expected="alike", why="a list without a member of this role is empty"),),
    "query subject_id": (
        Names(("app", "app_key"), expected="alike", why="a list without a budget for this one is empty"),
    ),
    "body member_id": (Names(("member",)),),
    "body role": (Names(("role",)),),
    "GET /api/v1/grants query app_id": (
        Names(("app",), expected="alike", why="a list without an app of this id is empty"),
    ),
    "path budget_id": (Names(("budget",)),),
    "path limit_id": (Names(("limit",)),),
    "path form_token": (Names(("form",)),),
    "path name": (Names(("route",)),),
    "path model": MODEL,
    "path model_id": ROUTED,
    "query app_id": APP,
    "query run_id": (Names(("run",), expected="alike", why="the ledger outlives its runs, so it only looks"),),
    "query conversation_id": (Names(("conversation",)),),
    "query after": CURSOR,
    "query actor_id": (DONE,),
    "query object_id": (DONE,),
    "query first_id": CURSOR,
    "query last_id": CURSOR,
    "body app_id": APP,
    "body conversation_id": (Names(("conversation", "talk")),),
    "body subject_id": (Names(("app", "app_key"), expected="alike", why="nothing is asked of what it names"),),
    "body model": NO_APP,
    "body model_id": ROUTED,
    "body embedding_model": ROUTED,
    "PUT /api/v1/apps/{app_id}/bindings body model": (BINDS,),
    "PUT /api/v1/model-routes/{name} path name": (ROUTE,),
    "PUT /api/v1/model-routes/{name} body targets.model": (BINDS,),
    "PUT /api/v1/budgets/{budget_id} path budget_id": (BUDGET,),
    "POST /openai/v1/chat/completions body model": MODEL,
    "POST /taskingai/v1/chat/completions body model": MODEL,
}
"""By part, or by operation and part where that one means something else there."""

PLAIN = frozenset(
    {
        "query confirm",
        "query built_in",
        "query email",
        "query subject",
        "query code",
        "query error",
        "query iss",
        "query next",
        "query state",
        "body email",
        "body role",
        "body token",
        "path session_id",
        "path identity_id",
        "body configs.max_tokens",
        "body slug",
        "body max_completion_tokens",
        "body max_tokens",
        "body retrieval.most_tokens",
        "body retrieval.filter_model",
        "body retrieval.rerank_model",
        "body retrieval.rewrite_model",
        "body messages.function_calls.id",
        "body messages.id",
        "body messages.role",
        "body messages.tool_call_id",
        "body messages.tool_calls.id",
        "body node_id",
        "path environment",
        "path number",
        "path plugin",
        "path provider",
        "path tool",
        "path toolset",
        "query provider",
        "body patience.first_token",
        "body voice.id",
        "body workflow_id",
        "query action",
        "query actor_kind",
        "query by",
        "query end_user",
        "query keyword",
        "query page",
        "query rating",
        "query source",
        "query status",
        "query text",
        "query version",
        "query continue_on_pause",
        "query environment",
        "query limit",
        "query new",
        "query old",
        "query number",
        "query object_kind",
        "query ready",
        "query seal",
        "query search",
        "query since",
        "query tag",
        "query token",
        "query type",
        "query until",
        "query user",
        "POST /api/v1/apps/{app_id}/files query input",
        "POST /api/v1/apps/{app_id}/files query name",
        "POST /api/v1/knowledge/{knowledge_id}/documents query name",
        "PUT /api/v1/knowledge/{knowledge_id}/documents/{document_id}/content query name",
        "GET /api/v1/audit query after",
        "GET /api/v1/runs/{run_id}/events query after",
        "GET /v1/workflow/{run_id}/events query after",
        "POST /api/v1/models/local/fetch body model",
    }
)
"""What names nothing that a workspace has."""

OPEN = frozenset(
    {
        "GET /health",
        "GET /ready",
        "GET /sign-in",
        "GET /sign-in/copy.js",
        "GET /sign-out",
        "GET /sign-in/sso/{provider}",
        "GET /sign-in/sso/{provider}/callback",
        "GET /api/v1/sign-in",
        "POST /api/v1/invitations/accept",
        "POST /api/v1/invitations/read",
        "POST /api/v1/password/reset",
        "POST /api/v1/sign-in",
    }
)
"""What answers anybody: it speaks of the server, or takes a one-time token."""

SILENT = frozenset(
    f"POST /v1/{each}/{{task_id}}/stop" for each in ("chat-messages", "completion-messages", "workflows/tasks")
)
"""What says `success` for any id at all, as Dify does."""


def _speech(_: Tenant) -> Mapping[str, Any]:
    return {"files": {"file": ("said.wav", b"RIFF....", "audio/wav")}, "data": {"model": "debug/transcription"}}


def _picture(_: Tenant) -> Mapping[str, Any]:
    files = {"image": ("seen.png", b"\x89PNG....", "image/png")}
    return {"files": files, "data": {"model": "debug/image", "prompt": "A parcel"}}


def _chat(_: Tenant) -> Any:
    return {"model": "debug/echo", "messages": [{"role": "user", "content": "Hello"}]}


def _somebody(_: Tenant) -> Mapping[str, str]:
    return {"end_user": "nobody"}


def _annotation(tenant: Tenant) -> Any:
    return {"question": f"Where, {tenant.marker}?", "answer": f"Here, {tenant.marker}."}


def _embedding(_: Tenant) -> Any:
    return {"model": "debug/embedding", "input": "Hello"}


def _budget(tenant: Tenant) -> Any:
    return {"subject": "app", "subject_id": tenant.ids["app"], "measure": "calls", "limit": "5"}


def _limit(tenant: Tenant) -> Any:
    return {"subject": "app", "subject_id": tenant.ids["app"], "measure": "runs", "most": 1000}


def _files(tenant: Tenant) -> Any:
    card = f"id: {tenant.marker}\nlabel: {tenant.marker}\nwire: openai_chat\nendpoint: https://llm.example.org/v1\n"
    return {"files": {"provider.yml": card}}


_EMBEDDING = "debug/embedding"
_GONE = Example(status=(404, 409))
"""What may have gone with the thing that it is part of."""
_HANDED_IN = Example(
    query=lambda tenant: {"name": f"{tenant.marker}.txt"}, form=lambda tenant: {"content": tenant.marker.encode()}
)
_VENDOR = {"provider": "=openai"}
_API = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Theirs", "version": "1"},
        "servers": [{"url": "https://api.example.org"}],
        "paths": {"/things": {"get": {"operationId": "things", "responses": {}}}},
    }
)
BACK = "http://127.0.0.1:8765/callback"
_TOOL = {"toolset": "=time", "tool": "=current_time"}
_SEARCH = {"toolset": "=tavily"}
_PLUGIN = {"plugin": "=greeting"}
_FIRST = {"number": "=1"}
_CONVERSATIONS = Example(query=lambda _: {"user": VISITOR}, key="chat")

_A_TOKEN = "t" * 43
_OWN = (403,)
"""A key is nobody's account."""

EXAMPLES: Mapping[str, Example] = {
    "POST /api/v1/sign-in": Example(lambda tenant: {"email": f"{tenant.marker}@example.org", "password": "guess"}),
    "POST /api/v1/password/reset": Example(lambda _: {"token": _A_TOKEN, "password": "four words that rhyme"}),
    "POST /api/v1/invitations/read": Example(lambda _: {"token": _A_TOKEN}),
    "POST /api/v1/invitations/accept": Example(lambda _: {"token": _A_TOKEN}),
    "POST /api/v1/invitations": Example(lambda tenant: {"email": f"b-{tenant.marker}@example.org", "role": "viewer"}),
    "POST /api/v1/members/{member_id}/password-link": Example(status=(403,)),
    "GET /api/v1/people/me": Example(status=_OWN),
    "PATCH /api/v1/people/me": Example(lambda tenant: {"name": tenant.marker}, status=_OWN),
    "PUT /api/v1/people/me/password": Example(lambda _: {"password": "four words that rhyme"}, status=_OWN),
    "GET /api/v1/people/me/sessions": Example(status=_OWN),
    "DELETE /api/v1/people/me/sessions": Example(status=_OWN),
    "DELETE /api/v1/people/me/sessions/{session_id}": Example(ids={"session_id": "=s"}, status=_OWN),
    "POST /api/v1/people/me/second-factor": Example(lambda _: {}, status=_OWN),
    "POST /api/v1/people/me/second-factor/confirm": Example(lambda _: {"code": "123456"}, status=_OWN),
    "POST /api/v1/people/me/second-factor/remove": Example(lambda _: {"code": "123456"}, status=_OWN),
    "GET /api/v1/people/me/identities": Example(status=_OWN),
    "POST /api/v1/people/me/identities": Example(lambda _: {"provider": "corp"}, status=_OWN),
    "DELETE /api/v1/people/me/identities/{identity_id}": Example(ids={"identity_id": "=i"}, status=_OWN),
    "POST /api/v1/single-sign-on/{provider}/test": Example(ids={"provider": "=corp"}, status=(403, 404)),
    "GET /api/v1/single-sign-on": Example(status=(403,)),
    "POST /api/v1/apps": Example(lambda tenant: {"document": document(tenant, "chat.yml")}),
    "PUT /api/v1/apps/{app_id}/document": Example(lambda tenant: {"document": document(tenant, "asking.yml")}),
    "PUT /api/v1/apps/{app_id}/bindings": Example(lambda _: {"reference": "debug/echo", "model": "debug/echo"}),
    "POST /api/v1/apps/{app_id}/publish": Example(lambda tenant: {"notes": tenant.marker}),
    "GET /api/v1/apps/{app_id}/versions/{number}": Example(ids=_FIRST),
    "GET /api/v1/apps/{app_id}/versions/{number}/document": Example(ids=_FIRST),
    "PATCH /api/v1/apps/{app_id}/versions/{number}": Example(lambda tenant: {"notes": tenant.marker}, ids=_FIRST),
    "POST /api/v1/apps/{app_id}/versions/{number}/restore": Example(ids=_FIRST),
    "GET /api/v1/apps/{app_id}/difference": Example(query=lambda _: {"old": "1"}),
    "POST /api/v1/apps/{app_id}/environments/{environment}": Example(
        lambda _: {"number": 1}, ids={"environment": "=staging"}
    ),
    "POST /api/v1/apps/{app_id}/copies": Example(lambda tenant: {"name": tenant.marker}),
    "PUT /api/v1/apps/{app_id}/tags": Example(lambda tenant: {"tags": [tenant.marker]}),
    "PUT /api/v1/messages/{message_id}/feedback": Example(lambda tenant: {"rating": "like", "content": tenant.marker}),
    "POST /api/v1/apps/{app_id}/annotations": Example(_annotation),
    "GET /api/v1/apps/{app_id}/annotations/{annotation_id}": Example(ids={"app_id": "chat"}),
    "PUT /api/v1/apps/{app_id}/annotations/{annotation_id}": Example(_annotation, ids={"app_id": "chat"}),
    "DELETE /api/v1/apps/{app_id}/annotations/{annotation_id}": Example(ids={"app_id": "chat"}),
    "PUT /api/v1/retention": Example(lambda _: {"days": 30}),
    "PUT /api/v1/apps/{app_id}/retention": Example(lambda _: {"days": None}),
    "POST /v1/messages/{message_id}/feedbacks": Example(lambda _: {"user": VISITOR, "rating": "like"}, key="chat"),
    "GET /v1/app/feedbacks": Example(key="chat"),
    "GET /v1/apps/annotations": Example(key="chat"),
    "POST /v1/apps/annotations": Example(_annotation, key="chat"),
    "PUT /v1/apps/annotations/{annotation_id}": Example(_annotation, key="chat"),
    "DELETE /v1/apps/annotations/{annotation_id}": Example(ids={"annotation_id": "note"}, key="chat"),
    "POST /api/v1/apps/{app_id}/files": Example(
        query=lambda tenant: {"name": f"{tenant.marker}.txt"}, form=lambda tenant: {"content": tenant.marker.encode()}
    ),
    "POST /api/v1/check": Example(lambda tenant: {"document": document(tenant, "chat.yml")}),
    "POST /api/v1/runs": Example(
        lambda tenant: {
            "app_id": tenant.ids["chat"],
            "query": "Hello",
            "conversation_id": tenant.ids["talk"],
        }
    ),
    "POST /api/v1/runs/{run_id}/answers": Example(
        lambda _: {"node_id": "review", "action": "approve", "values": {"tone": "kind", "note": "So be it."}},
        ids={"run_id": "asking"},
        status=(409,),
    ),
    "POST /api/v1/runs/{run_id}/pause": Example(status=(409,)),
    "POST /api/v1/runs/{run_id}/resume": Example(status=(409,)),
    "POST /api/v1/runs/{run_id}/replay": Example(lambda _: {}),
    "POST /api/v1/models/local/fetch": Example(lambda _: {"model": "local/none"}, status=(404,)),
    "POST /api/v1/models/{model:path}/test": Example(),
    "PUT /api/v1/model-routes/{name}": Example(lambda _: {"targets": [{"model": "debug/echo"}]}),
    "POST /api/v1/providers": Example(_files, status=(403,)),
    "POST /api/v1/providers/{provider}/credentials": Example(
        lambda _: {"name": "another", "values": {"api_key": "sk-another"}, "verify": False}, ids=_VENDOR
    ),
    "GET /api/v1/providers/{provider}": Example(ids=_VENDOR),
    "DELETE /api/v1/providers/{provider}": Example(ids=_VENDOR, status=(403,)),
    "GET /api/v1/providers/{provider}/credentials/{credential_id}": Example(ids=_VENDOR),
    "PATCH /api/v1/providers/{provider}/credentials/{credential_id}": Example(lambda _: {"weight": 2}, ids=_VENDOR),
    "DELETE /api/v1/providers/{provider}/credentials/{credential_id}": Example(ids=_VENDOR),
    "GET /api/v1/tools/{toolset}": Example(ids=_TOOL),
    "POST /api/v1/tools/apis": Example(lambda _: {"document": _API, "name": "another"}),
    "POST /api/v1/tools/apis/preview": Example(lambda _: {"document": _API}),
    "GET /api/v1/tools/apis/{api}": Example(),
    "PATCH /api/v1/tools/apis/{api}": Example(lambda _: {"seconds": 20}),
    "DELETE /api/v1/tools/apis/{api}": Example(),
    "POST /api/v1/tools/servers": Example(lambda _: {"url": NOWHERE, "name": "another"}, status=(422,)),
    "POST /api/v1/tools/servers/preview": Example(lambda _: {"url": NOWHERE}, status=(422,)),
    "GET /api/v1/tools/servers/{server}": Example(),
    "PATCH /api/v1/tools/servers/{server}": Example(lambda _: {"seconds": 20}),
    "POST /api/v1/tools/servers/{server}/refresh": Example(status=(422,)),
    "POST /api/v1/tools/servers/{server}/approve": Example(lambda _: {}),
    "POST /api/v1/tools/servers/{server}/authorize": Example(lambda _: {"redirect_url": BACK}, status=(422,)),
    "POST /api/v1/tools/servers/{server}/authorize/finish": Example(
        lambda _: {"answer": {"code": "1", "state": "2"}}, status=(422,)
    ),
    "DELETE /api/v1/tools/servers/{server}": Example(),
    "PATCH /api/v1/tools/{toolset}": Example(lambda _: {"enabled": True}, ids=_TOOL),
    "GET /api/v1/tools/{toolset}/{tool}": Example(ids=_TOOL),
    "PATCH /api/v1/tools/{toolset}/{tool}": Example(lambda _: {"enabled": True}, ids=_TOOL),
    "POST /api/v1/tools/{toolset}/{tool}/call": Example(lambda _: {"arguments": {}}, ids=_TOOL),
    "POST /api/v1/tools/{toolset}/credentials": Example(
        lambda _: {"name": "another", "values": {"api_key": "sk-another"}}, ids=_SEARCH
    ),
    "DELETE /api/v1/tools/{toolset}/credentials/{tool_credential_id}": Example(ids=_SEARCH),
    "POST /api/v1/knowledge": Example(lambda tenant: {"name": f"{tenant.marker} 2", "embedding_model": _EMBEDDING}),
    "POST /api/v1/knowledge/preview": Example(lambda tenant: {"text": tenant.marker}),
    "PATCH /api/v1/knowledge/{knowledge_id}": Example(lambda _: {"description": "All that is known."}),
    "POST /api/v1/knowledge/{knowledge_id}/search": Example(lambda _: {"question": "When does it open?"}),
    "POST /api/v1/knowledge/{knowledge_id}/move": Example(lambda _: {}, status=(409,)),
    "DELETE /api/v1/knowledge/{knowledge_id}/move": _GONE,
    "DELETE /api/v1/knowledge/{knowledge_id}/documents/{document_id}": _GONE,
    "DELETE /api/v1/knowledge/{knowledge_id}/documents/{document_id}/chunks/{chunk_id}": _GONE,
    "POST /api/v1/knowledge/{knowledge_id}/keys": Example(lambda _: {"name": "site"}),
    "PUT /api/v1/knowledge/{knowledge_id}/grants/{member_id}": Example(lambda _: {"role": "editor"}),
    "GET /api/v1/knowledge/{knowledge_id}/grants/{member_id}": Example(status=(404,)),
    "DELETE /api/v1/knowledge/{knowledge_id}/grants/{member_id}": _GONE,
    "POST /api/v1/knowledge/{knowledge_id}/documents": _HANDED_IN,
    "POST /api/v1/knowledge/{knowledge_id}/documents/text": Example(
        lambda tenant: {"name": tenant.marker, "text": tenant.marker}
    ),
    "PUT /api/v1/knowledge/{knowledge_id}/documents/{document_id}/content": _HANDED_IN,
    "PATCH /api/v1/knowledge/{knowledge_id}/documents/{document_id}": Example(lambda _: {"enabled": True}),
    "POST /api/v1/knowledge/{knowledge_id}/documents/{document_id}/retry": Example(status=(409,)),
    "POST /api/v1/knowledge/{knowledge_id}/documents/{document_id}/pause": Example(status=(409,)),
    "POST /api/v1/knowledge/{knowledge_id}/documents/{document_id}/resume": Example(status=(409,)),
    "POST /api/v1/knowledge/{knowledge_id}/documents/{document_id}/chunks": Example(
        lambda tenant: {"text": tenant.marker}, status=(409,)
    ),
    "PATCH /api/v1/knowledge/{knowledge_id}/documents/{document_id}/chunks/{chunk_id}": Example(
        lambda _: {"enabled": True}, status=(409,)
    ),
    "POST /api/v1/plugins": Example(form=lambda _: {"content": b"no plugin"}, status=(403,)),
    "POST /api/v1/plugins/requirements": Example(lambda _: {"requirement": "no-plugin==1"}, status=(403,)),
    "GET /api/v1/plugins/{plugin}": Example(ids=_PLUGIN, status=(404,)),
    "PATCH /api/v1/plugins/{plugin}": Example(lambda _: {"enabled": True}, ids=_PLUGIN, status=(404,)),
    "DELETE /api/v1/plugins/{plugin}": Example(ids=_PLUGIN, status=(403,)),
    "PUT /api/v1/budgets/{budget_id}": Example(_budget),
    "POST /api/v1/budgets": Example(_budget),
    "PUT /api/v1/limits/{limit_id}": Example(_limit),
    "POST /api/v1/limits": Example(_limit),
    "POST /api/v1/members": Example(
        lambda tenant: {"email": f"new@{tenant.marker}.example.org", "role": "viewer"}, status=(403,)
    ),
    "PUT /api/v1/members/{member_id}/role": Example(lambda tenant: {"role": tenant.ids["role"]}),
    "PUT /api/v1/members/{member_id}/grants/{app_id}": Example(lambda _: {"role": "operator"}),
    "DELETE /api/v1/members/{member_id}/grants/{app_id}": Example(status=(404,)),
    "POST /api/v1/roles": Example(lambda _: {"name": "Reader", "permissions": ["apps.read"]}),
    "PUT /api/v1/roles/{role_id}": Example(lambda tenant: {"name": tenant.marker, "permissions": ["runs.read"]}),
    "POST /api/v1/workspaces": Example(lambda _: {"name": "Third"}, status=(403, 409)),
    "PATCH /api/v1/workspace": Example(lambda tenant: {"name": tenant.marker}),
    "GET /api/v1/end-users/export": Example(query=_somebody),
    "DELETE /api/v1/end-users": Example(query=_somebody),
    "DELETE /api/v1/workspace": Example(query=lambda _: {"confirm": "theirs"}),
    "POST /api/v1/workspace/transfer": Example(lambda tenant: {"member_id": tenant.ids["member"]}),
    "POST /api/v1/workspace/leave": Example(key="leaver"),
    "POST /api/v1/apps/{app_id}/keys": Example(lambda _: {"name": "site"}),
    "POST /api/v1/keys": Example(lambda _: {"name": "script"}),
    "GET /api/v1/me/keys": Example(key="member"),
    "POST /api/v1/me/keys": Example(lambda _: {"name": "mine"}, key="member"),
    "GET /api/v1/conversations": Example(query=lambda tenant: {"app_id": tenant.ids["chat"]}),
    "GET /v1/info": Example(key="app"),
    "POST /v1/chat-messages": Example(
        lambda tenant: {
            "query": "Hello",
            "inputs": {},
            "user": VISITOR,
            "conversation_id": tenant.ids["conversation"],
        },
        key="chat",
    ),
    "POST /v1/chat-messages/{task_id}/stop": Example(lambda _: {"user": VISITOR}, key="chat"),
    "POST /v1/completion-messages": Example(
        lambda tenant: {"inputs": {"name": tenant.marker}, "user": VISITOR, "response_mode": "blocking"}, key="text"
    ),
    "POST /v1/completion-messages/{task_id}/stop": Example(lambda _: {"user": VISITOR}, key="text"),
    "GET /v1/conversations": _CONVERSATIONS,
    "GET /v1/messages": Example(
        query=lambda tenant: {"user": VISITOR, "conversation_id": tenant.ids["conversation"]}, key="chat"
    ),
    "POST /v1/workflows/run": Example(
        lambda tenant: {"inputs": {"message": tenant.marker}, "user": VISITOR, "response_mode": "blocking"}
    ),
    "GET /v1/workflows/run/{run_id}": Example(ids={"run_id": "asking"}),
    "GET /v1/workflow/{run_id}/events": Example(query=lambda _: {"user": VISITOR}, ids={"run_id": "asking"}),
    "POST /v1/workflows/tasks/{task_id}/stop": Example(lambda _: {"user": VISITOR}),
    "POST /v1/form/human_input/{form_token}": Example(
        lambda _: {"action": "approve", "inputs": {"tone": "kind", "note": "So be it."}, "user": VISITOR},
        status=(412,),
    ),
    "GET /v1/form/human_input/{form_token}": Example(status=(412,)),
    "POST /openai/v1/chat/completions": Example(_chat),
    "POST /openai/v1/embeddings": Example(_embedding),
    "POST /openai/v1/moderations": Example(lambda _: {"model": "debug/moderation", "input": "Hello"}),
    "POST /openai/v1/audio/speech": Example(lambda _: {"model": "debug/speech", "input": "Hello", "voice": "alloy"}),
    "POST /openai/v1/audio/transcriptions": Example(form=_speech),
    "POST /openai/v1/audio/translations": Example(form=_speech),
    "POST /openai/v1/images/generations": Example(lambda _: {"model": "debug/image", "prompt": "A parcel"}),
    "POST /openai/v1/images/edits": Example(form=_picture),
    "POST /taskingai/v1/inference/chat_completion": Example(
        lambda _: {"model_id": "debug/echo", "messages": [{"role": "user", "content": "Hello"}]}
    ),
    "POST /taskingai/v1/inference/text_embedding": Example(lambda _: {"model_id": "debug/embedding", "input": "Hello"}),
    "POST /taskingai/v1/inference/rerank": Example(
        lambda _: {"model_id": "debug/rerank", "query": "Hello", "documents": ["Hello"], "top_n": 1}
    ),
    "POST /taskingai/v1/chat/completions": Example(_chat),
    "POST /taskingai/v1/embeddings": Example(_embedding),
}

_KEYS = {"/v1": "app"}


def names_of(operation: Operation, part: Part) -> Sequence[Names] | None:
    """What a part names: nothing for a plain one, None where no table has it."""
    own, common = f"{operation} {part}", str(part)
    if own in PARTS:
        return PARTS[own]
    if own in PLAIN or common in PLAIN:
        return ()
    return PARTS.get(common)


def example_of(operation: Operation) -> Example:
    return EXAMPLES.get(str(operation), Example())


def key_of(operation: Operation) -> str:
    """Which of a tenant's keys opens an operation."""
    return example_of(operation).key or _KEYS.get(operation.surface, "workspace")


def missing_from_the_tables(operations: Sequence[Operation]) -> list[str]:
    """What the tables do not say of these operations, and what they say of operations that are not there."""
    unnamed = [
        f"{operation}: what does {part} name? Add it to PARTS or PLAIN."
        for operation in operations
        for part in operation.parts
        if names_of(operation, part) is None
    ]
    bodies = [
        f"{operation} takes a body. Add a valid one to EXAMPLES."
        for operation in operations
        if operation.takes_body and example_of(operation).body is None
    ]
    known = {str(operation) for operation in operations}
    said = [*EXAMPLES, *OPEN, *SILENT, *(" ".join(key.split()[:2]) for key in (*PARTS, *PLAIN) if key[0].isupper())]
    return unnamed + bodies + [f"{each} is not among the routes." for each in said if each not in known]
