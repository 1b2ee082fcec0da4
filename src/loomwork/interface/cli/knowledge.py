"""`loomwork knowledge`: documents in, passages out, from a terminal."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from loomwork.interface.cli.help import CalmCommand
from loomwork.interface.cli.knowledge_desk import KnowledgeDesk
from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.options import AsJson
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.workspace import Workspace
from loomwork.interface.cli.workspace_session import InWorkspace, making_command, workspace_command
from loomwork.kernel.errors import InvalidInput, NotFound

LOOK_SECONDS = 0.5
MOST_FILES = 10_000
AT_WORK = ("waiting", "parsing", "splitting", "embedding")

Base = Annotated[str, typer.Argument(metavar="NAME|ID", help="`loomwork knowledge list` shows them.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until everything is indexed.")]
Store = Annotated[str | None, typer.Option("--store", metavar="KIND", help="The kind of vector store.")]
Model = Annotated[str | None, typer.Option("--embedding-model", metavar="PROVIDER/MODEL", help="What embeds.")]


def commands(group: Callable[..., typer.Typer]) -> typer.Typer:
    """The commands of `loomwork knowledge`."""
    knowledge = group(help="Documents in, passages out.")
    knowledge.command("list", cls=CalmCommand)(list_bases)
    for command in (create, add, documents, search, move, remove):
        knowledge.command(cls=CalmCommand)(command)
    knowledge.command("set", cls=CalmCommand)(change)
    return knowledge


@workspace_command
def list_bases(in_workspace: InWorkspace, as_json: AsJson = False) -> None:
    """List the knowledge bases of the workspace.

    \b
    Example:
      loomwork knowledge list
    """
    found = in_workspace(lambda workspace: workspace.knowledge_desk.list_bases())
    screen = Screen()
    if as_json:
        for base in found:
            screen.json(base)
        return
    if not found:
        screen.note("There is no knowledge yet. `loomwork knowledge add FOLDER` makes a base of a folder's files.")
        return
    from loomwork.interface.cli.tables import table

    rows = [(each["name"], str(each["documents"]), f"{each['done']}/{each['chunks']}", each["store"]) for each in found]
    screen.show(table(("Knowledge base", "Documents", "Chunks", "Store"), rows))


@making_command
def create(
    in_workspace: InWorkspace,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    description: Annotated[str, typer.Option("--description", metavar="TEXT")] = "",
    store: Store = None,
    embedding_model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Make a knowledge base.

    \b
    Example:
      loomwork knowledge create Handbook
    """
    said = {"name": name, "description": description, "store": store, "embedding_model": embedding_model}
    made = in_workspace(lambda workspace: workspace.knowledge_desk.create(said))
    screen = Screen()
    if as_json:
        return screen.json(made)
    return screen.note(screen.line("ok", f"Made {harmless(made['name'])}. Add to it: loomwork knowledge add FILE."))


@making_command
def add(
    in_workspace: InWorkspace,
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...", exists=True, help="What is added.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME|ID", help="The knowledge base; else one named like the first.")
    ] = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Add files, or all files of folders, to a knowledge base, which is made where there is none.

    \b
    Examples:
      loomwork knowledge add docs/
      loomwork knowledge add handbook.pdf prices.xlsx --to Handbook
    """
    files = list(_files(paths))
    if not files:
        raise InvalidInput(f"There is no file in {', '.join(str(path) for path in paths)}.")
    screen = Screen()
    name = to or (paths[0].resolve().name if paths[0].is_dir() else paths[0].stem)
    added = in_workspace(lambda workspace: _add(screen, workspace.knowledge_desk, name, files, wait=wait))
    if as_json:
        for document in added:
            screen.json(document)
        return
    _show_added(screen, name, added, wait=wait)


async def _add(
    screen: Screen, desk: KnowledgeDesk, name: str, files: Sequence[tuple[str, Path]], *, wait: bool
) -> Sequence[Facts]:
    base = await _found(desk, name) or await desk.create({"name": name})
    ids = []
    for shown, path in files:
        content = await asyncio.to_thread(path.read_bytes)
        if not content:
            screen.note(screen.line("warn", f"{harmless(shown)} is empty, and was left out."))
            continue
        ids.append((await desk.add(base["id"], shown, content))["id"])
    if wait:
        await _indexed(screen, desk, base["id"])
    return [each for each in await desk.documents(base["id"]) if each["id"] in ids]


async def _indexed(screen: Screen, desk: KnowledgeDesk, knowledge_id: str) -> None:
    """Until nothing is at work, with a bar where there is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Indexing"), BarColumn(), MofNCompleteColumn(), TextColumn("chunks"), TimeRemainingColumn())
    with Progress(*columns, console=screen.notes, transient=True, disable=not screen.notes.is_terminal) as bar:
        task = bar.add_task("", total=None)
        working = asyncio.create_task(_work(desk))
        try:
            while True:
                stands = await desk.progress(knowledge_id)
                bar.update(task, total=stands["chunks"] or None, completed=stands["done"])
                if not any(stands["documents"].get(state) for state in AT_WORK):
                    return
                if working.done() and working.exception() is not None:
                    await working
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            working.cancel()
            await asyncio.wait([working])


async def _work(desk: KnowledgeDesk) -> None:
    """Index in this process, where no server does."""
    while await desk.work():
        pass


def _show_added(screen: Screen, name: str, added: Sequence[Facts], *, wait: bool) -> None:
    for document in added:
        if document["problem"]:
            screen.note(screen.line("fail", f"{harmless(document['name'])}: {harmless(document['problem'])}"))
    done = [each for each in added if each["state"] == "indexed"]
    said = f"{len(done)} of {len(added)} documents are indexed" if wait else f"{len(added)} documents were added"
    screen.note(screen.line("ok", f"{said} in {harmless(name)}. Ask: loomwork knowledge search '{harmless(name)}' ..."))


@workspace_command
def documents(in_workspace: InWorkspace, base: Base, as_json: AsJson = False) -> None:
    """List the documents of a knowledge base, and say where each stands.

    \b
    Example:
      loomwork knowledge documents Handbook
    """

    async def listed(workspace: Workspace) -> Sequence[Facts]:
        desk = workspace.knowledge_desk
        return await desk.documents((await _known(desk, base))["id"])

    found = in_workspace(listed)
    screen = Screen()
    if as_json:
        for document in found:
            screen.json(document)
        return
    from loomwork.interface.cli.tables import table

    rows = [(each["name"], each["state"], f"{each['done']}/{each['chunks']}", each["problem"]) for each in found]
    screen.show(table(("Document", "State", "Chunks", "Problem"), rows))


@workspace_command
def search(
    in_workspace: InWorkspace,
    base: Base,
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="How many passages.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Find the passages that answer a question.

    \b
    Example:
      loomwork knowledge search Handbook "When is the office open?"
    """

    async def asked(workspace: Workspace) -> Facts:
        desk = workspace.knowledge_desk
        return await desk.search((await _known(desk, base))["id"], question, top)

    found = in_workspace(asked)
    screen = Screen()
    if as_json:
        return screen.json(found)
    for notice in found["notices"]:
        screen.note(harmless(notice))
    if not found["data"]:
        return screen.note("Nothing was found.")
    for passage in found["data"]:
        screen.show(Text.assemble((_place(passage), "bold"), (f"  {passage['score']:.2f}", "dim")))
        screen.show(Text(harmless(passage["text"])))
        screen.show(Text(""))
    return None


def _place(passage: Any) -> str:
    page = [f"page {passage['page']}"] if passage["page"] else []
    return harmless(", ".join([passage["document_name"], *page, *passage["headings"][-1:]]))


@workspace_command
def change(
    in_workspace: InWorkspace,
    base: Base,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME")] = None,
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT")] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option("--alias", metavar="ID", help="How apps from elsewhere name it; may be repeated, '' for none."),
    ] = None,
    retrieval: Annotated[
        list[str] | None,
        typer.Option("--retrieval", metavar="NAME=VALUE", help="How it answers; may be repeated, '' for the default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what a knowledge base is called, how it answers, and by which ids of theirs imported apps find it.

    \b
    Examples:
      loomwork knowledge set Handbook --alias 64862693-8529-4627-a20e-35b7dcb883c8
      loomwork knowledge set Handbook --retrieval top_k=8 --retrieval filter_model=openai/gpt-5-mini
    """
    said: dict[str, Any] = {"name": name, "description": description}
    said = {field: value for field, value in said.items() if value is not None}
    if alias is not None:
        said["aliases"] = [each for each in alias if each]

    async def changed(workspace: Workspace) -> Facts:
        desk = workspace.knowledge_desk
        known = await _known(desk, base)
        if retrieval is not None:
            said["retrieval"] = _retrieval(known["retrieval"], retrieval)
        return await desk.change(known["id"], said)

    found = in_workspace(changed)
    screen = Screen()
    if as_json:
        return screen.json(found)
    return screen.note(screen.line("ok", f"Changed {harmless(found['name'])}."))


@workspace_command
def move(in_workspace: InWorkspace, base: Base, to: Store = None, embedding_model: Model = None) -> None:
    """Move a knowledge base to another vector store or embedding model, while it goes on answering.

    \b
    Example:
      loomwork knowledge move Handbook --store zvec
    """

    async def moved(workspace: Workspace) -> Facts:
        desk = workspace.knowledge_desk
        known = await _known(desk, base)
        said = {"store": to, "embedding_model": embedding_model}
        index = await desk.move(known["id"], {name: value for name, value in said.items() if value is not None})
        while any(each["state"] == "building" for each in await desk.indexes(known["id"])):
            if not await desk.work():
                await asyncio.sleep(LOOK_SECONDS)
        return index

    index = in_workspace(moved)
    screen = Screen()
    screen.note(screen.line("ok", f"Moved to {harmless(index['store'])}, embedded by {harmless(index['model'])}."))


@workspace_command
def remove(in_workspace: InWorkspace, base: Base) -> None:
    """Remove a knowledge base with all of its documents.

    \b
    Example:
      loomwork knowledge remove Handbook
    """

    async def removed(workspace: Workspace) -> str:
        desk = workspace.knowledge_desk
        known = await _known(desk, base)
        await desk.remove(known["id"])
        return str(known["name"])

    name = in_workspace(removed)
    screen = Screen()
    screen.note(screen.line("ok", f"Removed {harmless(name)}."))


async def _found(desk: KnowledgeDesk, name: str) -> Facts | None:
    """The one with this id, or this name."""
    return next((each for each in await desk.list_bases() if name in (each["id"], each["name"])), None)


def _retrieval(before: Facts, pairs: Sequence[str]) -> Facts:
    """As it was, with what is said now. Raises `InvalidInput`."""
    from loomwork.interface.cli.given import name_and_value

    said = dict(before)
    for name, value in (name_and_value(pair, "--retrieval") for pair in pairs):
        if name not in before:
            raise InvalidInput(f"There is no {name[:60]!r} to set. There are: {', '.join(before)}.")
        if value:
            said[name] = _json_or_text(value)
        else:
            del said[name]
    return said


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


async def _known(desk: KnowledgeDesk, name: str) -> Facts:
    found = await _found(desk, name)
    if found is None:
        raise NotFound(f"There is no knowledge base {name[:80]!r}. `loomwork knowledge list` shows those there are.")
    return found


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Each with what it is called; what is hidden is left out. Raises `InvalidInput` for far too many."""
    count = 0
    for path in paths:
        within = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for each in within:
            if path.is_dir() and any(part.startswith(".") for part in each.relative_to(path).parts):
                continue
            count += 1
            if count > MOST_FILES:
                raise InvalidInput(f"There are more than {MOST_FILES} files; name a folder with fewer.")
            yield each.name, each
