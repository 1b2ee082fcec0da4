"""`loomwork models budgets` and `usage`: how much models may be asked, and what they were."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.pages import After, BudgetSubject, Limit, tell_of_more
from loomwork.interface.cli.screen import Screen
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork models budgets`."""
    budgets = group(help="Hard stops: what the workspace, an app or a key may use.")
    budgets.command("list", cls=CalmCommand)(list_budgets)
    budgets.command("set", cls=CalmCommand)(set_budget)
    budgets.command("remove", cls=CalmCommand)(remove_budget)
    return budgets


@workspace_command
def list_budgets(
    in_workspace: InWorkspace,
    subject: Annotated[
        BudgetSubject | None,
        typer.Option("--for", metavar="WHAT", help="Only those for workspace, app, key or end_user."),
    ] = None,
    subject_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Only those for this one.")] = None,
    limit: Limit = 100,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List the budgets, oldest first, as their periods stand now.

    \b
    Examples:
      loomwork models budgets list
      loomwork models budgets list --for end_user
    """
    asked = PageRequest(limit, after)
    page = in_workspace(lambda workspace: workspace.desk.list_budgets(asked, subject=subject, subject_id=subject_id))
    found, screen = page.items, Screen()
    if as_json:
        for budget in found:
            screen.json(budget)
    elif found:
        from loomwork.interface.cli.tables import table

        rows = [(each["id"], _subject(each), each["period"], _amount(each, "limit"), each["left"]) for each in found]
        screen.show(table(("ID", "For", "Per", "Limit", "Left"), rows, right=("Limit", "Left")))
    else:
        screen.note("No budgets. Set one: loomwork models budgets set 20")
    tell_of_more(screen, page)


def _subject(budget: Facts) -> str:
    if budget["subject"] == "workspace":
        return "workspace"
    return f"{budget['subject']} {budget['subject_id']}"


def _amount(budget: Facts, name: str) -> str:
    unit = budget["currency"] if budget["measure"] == "money" else budget["measure"]
    return f"{budget[name]} {unit}"


@making_command
def set_budget(
    in_workspace: InWorkspace,
    limit: Annotated[str, typer.Argument(metavar="LIMIT", help="A number, in what --measure says.")],
    measure: Annotated[str, typer.Option("--measure", metavar="WHAT", help="money, tokens or calls.")] = "money",
    period: Annotated[str, typer.Option("--period", metavar="HOW", help="hour, day, month or total.")] = "month",
    currency: Annotated[str, typer.Option("--currency", metavar="CODE")] = "USD",
    app: Annotated[str | None, typer.Option("--app", metavar="ID", help="For one app; * for each.")] = None,
    of_key: Annotated[
        str | None, typer.Option("--of-key", metavar="ID", help="For one key, by its id; * for each.")
    ] = None,
    end_user: Annotated[
        str | None, typer.Option("--end-user", metavar="NAME", help="For one end user; * for each.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a hard stop: calls beyond it are refused before they are made.

    \b
    Examples:
      loomwork models budgets set 20
      loomwork models budgets set 100000 --measure tokens --period day --app 0197...
      loomwork models budgets set 50 --measure calls --period day --end-user '*'
    """
    wanted = {"limit": limit, "measure": measure, "period": period, "currency": currency}
    budget = {**wanted, **subject_of({"app": app, "key": of_key, "end_user": end_user})}
    made = in_workspace(lambda workspace: workspace.desk.create_budget(budget))
    screen = Screen()
    if as_json:
        screen.json(made)
    else:
        screen.note(screen.line("ok", f"{_amount(made, 'limit')} per {made['period']}; {made['left']} left."))


def subject_of(named: Mapping[str, str | None]) -> Facts:
    """Whom something is for: the one that is named, or the workspace. Raises `InvalidInput` where several are."""
    given = [(subject, name) for subject, name in named.items() if name is not None]
    if len(given) > 1:
        raise InvalidInput("It is for an app, for a key or for an end user; choose one of the options.")
    return {"subject": given[0][0], "subject_id": given[0][1]} if given else {"subject": "workspace"}


@workspace_command
def remove_budget(
    in_workspace: InWorkspace,
    budget_id: Annotated[str, typer.Argument(metavar="ID", help="`loomwork models budgets list` shows it.")],
) -> None:
    """Remove a budget.

    \b
    Example:
      loomwork models budgets remove 0197...
    """
    in_workspace(lambda workspace: workspace.desk.remove_budget(budget_id))
    screen = Screen()
    screen.note(screen.line("ok", "Removed."))


@workspace_command
def usage(
    in_workspace: InWorkspace,
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="model, app, key, run, node or day.")] = "model",
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=3650, help="The last so many days.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Add up what models were asked, and what it cost where prices are known.

    \b
    Examples:
      loomwork models usage
      loomwork models usage --by day --days 7 --json
    """
    found = in_workspace(lambda workspace: workspace.desk.usage(by, days=days))
    screen = Screen()
    if as_json:
        for total in found:
            screen.json(total)
    elif found:
        from loomwork.interface.cli.tables import table

        columns = (by.capitalize(), "Calls", "Failed", "Tokens in", "Tokens out", "Cost")
        rows = [_line(total) for total in found]
        screen.show(table(columns, rows, right=columns[1:]))
    else:
        screen.note(f"No calls in the last {days} days.")


def _line(total: Facts) -> tuple[str, ...]:
    cost = total["cost"]
    priced = "unknown" if cost["amount"] is None else f"{cost['amount']} {cost['currency']}"
    beside = f" + {total['unpriced']} unpriced" if total["unpriced"] and cost["amount"] is not None else ""
    counts = (f"{total[name]:,}" for name in ("calls", "failed", "prompt_tokens", "completion_tokens"))
    return (total["group"] or "-", *counts, priced + beside)
