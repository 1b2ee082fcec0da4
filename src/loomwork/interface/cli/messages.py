"""`loomwork messages` and `loomwork annotations`: what was said, what people think of it, what is to be said."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer
from rich.text import Text

from loomwork.interface.cli.audit_desk import moment
from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AppId, AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace_session import InWorkspace, workspace_command
from loomwork.kernel.errors import InvalidInput

App = Annotated[str | None, typer.Option("--app", metavar="APP", help="Of one app, by its name or id.")]
EndUser = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Of one end user.")]
Version = Annotated[str | None, typer.Option("--version", metavar="N", help="Answered by this version.")]
Environment = Annotated[str | None, typer.Option("--environment", metavar="NAME", help="dev, staging or prod.")]
Source = Annotated[str | None, typer.Option("--source", metavar="FACE", help="console, api, dify, ...")]
Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="2026-01-31 or 2026-01-31T18:00.")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The first moment after.")]
Search = Annotated[str, typer.Option("--search", metavar="TEXT", help="Part of what was asked or answered.")]
MessageId = Annotated[
    str, typer.Argument(metavar="MESSAGE", help="The message's id or its end, as in `loomwork messages list`.")
]
AnnotationId = Annotated[
    str, typer.Argument(metavar="ANNOTATION", help="Its id; `loomwork annotations list` shows it.")
]
Question = Annotated[str, typer.Option("--question", metavar="TEXT", help="What is asked.")]
Answer = Annotated[str, typer.Option("--answer", metavar="TEXT", help="What is to be answered.")]

RATINGS: Mapping[str, str | None] = {"like": "like", "dislike": "dislike", "none": None}
SHOWN = 60
"""Characters of a text in a list."""


def message_commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork messages`."""
    messages = group(help="What was said in the workspace's apps, and what people think of it.")
    messages.command("list", cls=CalmCommand)(list_messages)
    messages.command(cls=CalmCommand)(show)
    messages.command(cls=CalmCommand)(rate)
    return messages


def annotation_commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork annotations`."""
    annotations = group(help="What an app is to answer to a question.")
    annotations.command("list", cls=CalmCommand)(list_annotations)
    for command in (add, edit, delete):
        annotations.command(cls=CalmCommand)(command)
    return annotations


def filters(**given: str | Sequence[str] | None) -> dict[str, str | Sequence[str]]:
    """Those that were given, with moments that say their zone. Raises `InvalidInput` for what is no moment."""
    chosen = {name: value for name, value in given.items() if value}
    for name in ("since", "until"):
        if name in chosen:
            chosen[name] = moment(str(chosen[name])).isoformat()
    return chosen


@workspace_command
def list_messages(
    in_workspace: InWorkspace,
    app: App = None,
    conversation: Annotated[str | None, typer.Option("--conversation", metavar="ID", help="Of one of them.")] = None,
    user: EndUser = None,
    status: Annotated[str | None, typer.Option("--status", metavar="WORD", help="succeeded, failed, ...")] = None,
    version: Version = None,
    environment: Environment = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    search: Search = "",
    rating: Annotated[str | None, typer.Option("--rating", metavar="WORD", help="like or dislike.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the newest hundred messages of all conversations, or those that fit.

    \b
    Examples:
      loomwork messages list --app 0197... --rating dislike
      loomwork messages list --search parcel --since 2026-01-31 --json
    """
    if rating is not None and not RATINGS.get(rating):
        raise InvalidInput(f"{rating[:40]!r} is no rating; there are like and dislike.")
    wanted = filters(
        app_id=app, conversation_id=conversation, end_user=user, status=status, version=version,
        environment=environment, source=source, since=since, until=until, text=search, rating=rating,
    )  # fmt: skip
    found = in_workspace(lambda workspace: workspace.life.list_messages(wanted))
    screen = Screen()
    if as_json:
        for message in found:
            screen.json(message)
    elif found:
        _show_list(screen, found)
    else:
        screen.note("No messages.")


def _show_list(screen: Screen, found: Sequence[Facts]) -> None:
    from loomwork.interface.cli.tables import table

    rows = [
        (
            screen.id(each["id"]),
            each["created_at"][:19].replace("T", " "),
            each["end_user"],
            _short(each["query"]),
            _short(each["answer"]),
            _rated(each),
        )
        for each in found
    ]
    screen.show(table(("Message", "Asked", "By", "Question", "Answer", "Rated"), rows, spare=("Rated", "By")))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."


def _rated(message: Facts) -> str:
    return " ".join(given["rating"] for given in message["feedback"]) or "-"


@workspace_command
def show(in_workspace: InWorkspace, message_id: MessageId, as_json: AsJson = False) -> None:
    """Show a message whole: who asked, what answered, what people think of it.

    \b
    Example:
      loomwork messages show 0197...
    """
    message = in_workspace(lambda workspace: workspace.life.get_message(message_id))
    screen = Screen()
    if as_json:
        screen.json(message)
        return
    answered = f"version {message['version']}" if message["version"] else "the draft"
    facts = f"{message['id']}  run {message['run_id']}  {message['status']}, by {answered}"
    screen.show(Text(harmless(facts), style="dim"))
    screen.show(Text(f"{harmless(message['end_user'])}: ", style="bold").append(harmless(message["query"])))
    screen.show(Text(harmless(message["answer"])))
    for given in message["feedback"]:
        screen.show(Text(harmless(f"{given['author']}: {given['rating']}  {given['content']}"), style="dim"))


@workspace_command
def rate(
    in_workspace: InWorkspace,
    message_id: MessageId,
    rating: Annotated[str, typer.Argument(metavar="RATING", help="like, dislike, or none to take it back.")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="Why.")] = "",
) -> None:
    """Say what you think of a message, in the place of what you said before.

    \b
    Example:
      loomwork messages rate 0197... dislike --text "This was last year's price."
    """
    if rating not in RATINGS:
        raise InvalidInput(f"{rating[:40]!r} is no rating; there are {', '.join(RATINGS)}.")
    in_workspace(lambda workspace: workspace.life.rate(message_id, RATINGS[rating], text))
    Screen().done("Kept." if RATINGS[rating] else "Taken back.")


@workspace_command
def list_annotations(in_workspace: InWorkspace, app_id: AppId, search: Search = "", as_json: AsJson = False) -> None:
    """List an app's annotations, newest first.

    \b
    Example:
      loomwork annotations list 0197... --search price
    """
    found = in_workspace(lambda workspace: workspace.life.list_annotations(app_id, search))
    screen = Screen()
    if as_json:
        for annotation in found:
            screen.json(annotation)
    elif found:
        _show_annotations(screen, found)
    else:
        screen.note("No annotations.")


def _show_annotations(screen: Screen, found: Sequence[Facts]) -> None:
    from loomwork.interface.cli.tables import table

    rows = [(each["id"], _short(each["question"]), _short(each["answer"])) for each in found]
    screen.show(table(("Annotation", "Question", "Answer"), rows))


@workspace_command
def add(in_workspace: InWorkspace, app_id: AppId, question: Question, answer: Answer, as_json: AsJson = False) -> None:
    """Write down what is to be answered to a question.

    \b
    Example:
      loomwork annotations add 0197... --question "When do you open?" --answer "At nine."
    """
    made = in_workspace(lambda workspace: workspace.life.add_annotation(app_id, question, answer))
    screen = Screen()
    if as_json:
        screen.json(made)
    else:
        screen.show(screen.line("ok", f"Annotation {made['id']}."))


@workspace_command
def edit(
    in_workspace: InWorkspace, app_id: AppId, annotation_id: AnnotationId, question: Question, answer: Answer
) -> None:
    """Put another question and answer in the place of those of an annotation.

    \b
    Example:
      loomwork annotations edit 0197... 0198... --question "When do you open?" --answer "At ten."
    """
    in_workspace(lambda workspace: workspace.life.edit_annotation(app_id, annotation_id, question, answer))
    Screen().done("Changed.")


@workspace_command
def delete(in_workspace: InWorkspace, app_id: AppId, annotation_id: AnnotationId) -> None:
    """Take an annotation away.

    \b
    Example:
      loomwork annotations delete 0197... 0198...
    """
    in_workspace(lambda workspace: workspace.life.remove_annotation(app_id, annotation_id))
    Screen().done("Deleted.")
