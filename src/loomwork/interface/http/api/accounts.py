"""Accounts: what models were asked, by whom and at what cost, and how much they may be."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.model_shapes import BudgetBody, BudgetShape, EntryShape, TotalShape
from loomwork.interface.http.api.shapes import ListOf, PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.moments import in_utc
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.model_gateway.api import Budget, Subject

router = APIRouter(route_class=StrictRoute, tags=["accounts"])
creating = APIRouter(route_class=CreatingRoute, tags=["accounts"])

USUALLY = timedelta(days=30)
_FIRST = datetime.min.replace(tzinfo=UTC) + USUALLY


@router.get("/budgets", dependencies=[needs("models.read")])
async def list_budgets(
    call: TheCall,
    page: ThePage,
    subject: Annotated[Subject | None, Query(description="Only those of this kind.")] = None,
    subject_id: Annotated[str | None, Query(max_length=200, description="Only those of this one.")] = None,
) -> PageOf[BudgetShape]:
    """List the budgets, oldest first, each as its period stands now."""
    found = await call.accounts.list_budgets(call.scope, page, subject=subject, subject_id=subject_id)
    return PageOf[BudgetShape](data=[BudgetShape.of(state) for state in found.items], next=found.next)


@creating.post("/budgets", status_code=201, dependencies=[needs("budgets.manage")])
async def create_budget(call: TheCall, body: BudgetBody) -> BudgetShape:
    """Set a hard stop for the workspace, an app, a key or an end user; what was used in the period counts."""
    return BudgetShape.of(await call.accounts.put_budget(call.scope, _budget(call, new_id(), body)))


@router.get("/budgets/{budget_id}", dependencies=[needs("models.read")])
async def read_budget(call: TheCall, tagged: TheTagged, budget_id: str) -> BudgetShape:
    """Describe a budget, as its period stands now."""
    return tagged.on(await _there(call, budget_id))


async def _there(call: Call, budget_id: str) -> BudgetShape:
    return BudgetShape.of(await call.accounts.get_budget(call.scope, budget_id))


@router.put("/budgets/{budget_id}", dependencies=[needs("budgets.manage")])
async def replace_budget(call: TheCall, edit: TheEdit, budget_id: str, body: BudgetBody) -> BudgetShape:
    """Replace a budget; what was used in the period counts."""
    await call.accounts.get_budget(call.scope, budget_id)
    async with edit.unless_changed(lambda: _there(call, budget_id)):
        state = await call.accounts.put_budget(call.scope, _budget(call, budget_id, body))
        return edit.on(BudgetShape.of(state))


@router.delete("/budgets/{budget_id}", status_code=204, dependencies=[needs("budgets.manage")])
async def remove_budget(call: TheCall, budget_id: str) -> Response:
    """Remove a budget; what it counted stays in the ledger."""
    await call.accounts.remove_budget(call.scope, budget_id)
    return Response(status_code=204)


def _budget(call: Call, budget_id: str, body: BudgetBody) -> Budget:
    if body.subject != "workspace" and body.subject_id is None:
        raise InvalidInput(f"Say which {body.subject} the budget is for.", field="subject_id")
    subject_id = body.subject_id if body.subject != "workspace" else None
    return Budget(
        id=budget_id,
        subject=body.subject,
        subject_id=subject_id or call.scope.workspace_id,
        measure=body.measure,
        period=body.period,
        limit=body.limit,
        currency=body.currency,
    )


async def _span(
    call: TheCall,
    since: Annotated[datetime | None, Query(description="30 days before `until` where absent.")] = None,
    until: Annotated[datetime | None, Query(description="Now where absent.")] = None,
) -> tuple[datetime, datetime]:
    end = in_utc(until, "until") if until is not None else call.options.clock.now()
    begin = in_utc(since, "since") if since is not None else max(end, _FIRST) - USUALLY
    if begin >= end:
        raise InvalidInput("`since` must be before `until`.", field="since")
    return begin, end


Span = Annotated[tuple[datetime, datetime], Depends(_span)]


@router.get("/usage/entries", dependencies=[needs("runs.read")])
async def list_usage_entries(
    call: TheCall,
    span: Span,
    run_id: Annotated[str | None, Query(max_length=100, description="Only calls of this run.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str | None, Query(max_length=100, description="The `next` of the page before.")] = None,
) -> PageOf[EntryShape]:
    """List the calls of models, newest first."""
    entries = await call.accounts.list_entries(
        call.scope, since=span[0], until=span[1], run_id=run_id, limit=limit + 1, before=after
    )
    shown = entries[:limit]
    following = shown[-1].id if len(entries) > limit else None
    return PageOf[EntryShape](data=[EntryShape.of(entry) for entry in shown], next=following)


@router.get("/usage/totals", dependencies=[needs("runs.read")])
async def list_usage_totals(
    call: TheCall, span: Span, by: Literal["model", "app", "key", "run", "node", "day"] = "model"
) -> ListOf[TotalShape]:
    """Add up what was used and what it cost."""
    totals = await call.accounts.totals(call.scope, since=span[0], until=span[1], by=by)
    return ListOf(data=[TotalShape.of(total) for total in totals])
