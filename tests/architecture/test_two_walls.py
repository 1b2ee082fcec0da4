"""Who may reach past the walls between workspaces: a short list, and everybody on it is known by name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import loomwork

SOURCE = Path(loomwork.__file__).parent

EVERYWHERE = {
    "backup.restore_database": "a backup is of the whole installation",
    "backup.write_backup": "a backup is of the whole installation",
    "commands.SqlCommands.waiting": "whoever advances runs advances those of every workspace",
    "credentials.SqlCredentialStore._with_keys": "keys of the installation wrap those of every workspace",
    "failures.SpeakingDatabase.probe": "writes and changes nothing",
    "gatekeeper.SqlGatekeeperStore._installed": "the first workspace there is",
    "gatekeeper.SqlGatekeeperStore.end_session": "whose it is, its secret says",
    "gatekeeper.SqlGatekeeperStore.install": "makes the first workspace",
    "gatekeeper.SqlGatekeeperStore.key_by_hash": "whose it is, its secret says",
    "gatekeeper.SqlGatekeeperStore.session_by_hash": "whose it is, its secret says",
    "gatekeeper.SqlGatekeeperStore.spend_sign_in_token": "whose it is, its secret says",
    "invitations.SqlInvitationStore._found": "whose it is, its secret says",
    "people.SqlPeopleStore.__init__": "what befalls people, each of their workspaces is told",
    "knowledge_bases.SqlBaseStore.removing": "whoever cleans up after knowledge looks at every workspace",
    "knowledge_bases.SqlIndexStore.claim": "whoever moves indexes takes the next, whosever it is",
    "knowledge_documents.SqlDocumentStore.claim": "whoever indexes documents takes the next, whosever it is",
    "knowledge_documents.SqlDocumentStore.deleting": "whoever cleans up after knowledge looks at every workspace",
    "retention.SqlRetentionStore.erase_unused_files": "whoever erases what is old looks at every workspace",
    "retention.SqlRetentionStore.kept_for": "whoever erases what is old looks at every workspace",
    "runs.SqlRunStore._of_every_workspace": "whoever takes up runs takes up those of every workspace",
    "shared_counts.SqlFailureCounts.begin": "who guesses has no workspace yet",
    "shared_counts.SqlFailureCounts.forget": "who signs in has no workspace yet",
    "workspaces.SqlWorkspaceStore.all_workspaces": "whoever runs the installation sees which there are",
    "workspaces.SqlWorkspaceStore.delete_workspace": "the first workspace is told that another was deleted",
    "workspaces.SqlWorkspaceStore.owner_of": "a workspace is looked for by its name before there is a scope",
    "workspaces.SqlWorkspaceStore.workspaces_of": "a person's own, in which of them they are",
}
"""Work of the whole installation, with what makes it that."""

TO_THE_DRIVER = {
    "batch_rows": "the one insert that every durable run waits for",
    "database": "where it is declared",
    "fair_database": "hands on what the journal asks of the one that it stands before",
    "failures": "the probe",
    "journal": "hands its rows to `batch_rows`",
    "postgres_database": "is what stands between the driver and the stores",
    "row_security": "makes the rules, in a migration",
    "sqlite_database": "is what stands between the driver and the stores",
    "sqlite_prompt_writer": "is what stands between the driver and the stores",
    "walls": "enters a workspace",
}
"""Modules that send statements past SQLAlchemy's eyes: what they send is in `texts`, or changes no row."""

PAST_SQLALCHEMY = {"driver_connection", "exec_driver_sql", "write_at_once"}


def named(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    """Every name and attribute used, with the function that uses it."""
    for node in ast.iter_child_nodes(tree):
        is_place = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        inner = is_place and not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
        place = f"{prefix}.{node.name}" if inner and hasattr(node, "name") else prefix
        yield place, node
        yield from named(node, place)


def uses(file: Path, names: set[str]) -> Iterator[tuple[str, str]]:
    for place, node in named(ast.parse(file.read_text()), file.stem):
        name = getattr(node, "attr", None) or (node.id if isinstance(node, ast.Name) else None)
        if name in names:
            yield place, name


def modules(under: Path) -> list[Path]:
    return [file for file in sorted(under.rglob("*.py")) if "migrations" not in file.parts]


def test_only_known_work_of_the_installation_reaches_every_workspace() -> None:
    found = {place for file in modules(SOURCE) for place, _ in uses(file, {"everywhere"})}
    assert found - set(EVERYWHERE) == set(), "this reaches every workspace's rows; is it the installation's work?"
    assert set(EVERYWHERE) - found == set(), "this is on the list and has no need to be"


def test_only_known_modules_speak_to_the_driver() -> None:
    found = {file.stem for file in modules(SOURCE) if any(uses(file, PAST_SQLALCHEMY))}
    assert found - set(TO_THE_DRIVER) == set()


AS_TEXT = {
    "bound_statements": "refuses it",
    "migrating": "changes the schema",
    "tables": "the condition of an index",
}
"""Modules that have to do with SQL as text, besides `texts`, whose texts go to the driver."""


def test_sql_is_written_as_text_in_one_module_only() -> None:
    imported = {file.stem for file in modules(SOURCE) if _imports(file) & {"text", "literal_column", "TextClause"}}
    assert imported - set(AS_TEXT) == set(), "SQL as text belongs in texts.py"


def _imports(file: Path) -> set[str]:
    """What the file takes from SQLAlchemy."""
    nodes = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom))
    return {name.name for node in nodes if (node.module or "").startswith("sqlalchemy") for name in node.names}


def test_what_serves_people_opens_its_database_with_walls() -> None:
    for file in modules(SOURCE):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "open_database":
                said = {keyword.arg for keyword in node.keywords}
                assert said & {"walled", "migrating"}, f"{file.stem} opens a database without walls"


def test_a_use_of_what_is_forbidden_is_found(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text("class Shop:\n    async def sell(self):\n        return await self._database.everywhere.rows(x)\n")
    assert list(uses(file, {"everywhere"})) == [("shop.Shop.sell", "everywhere")]
