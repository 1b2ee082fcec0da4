"""The first of the two walls between workspaces: no statement goes to a database unless it stays within one of them.

Every statement of a store is looked at when it is executed. Its shape is looked at once and remembered with what
SQLAlchemy has compiled of it; from then on there are a few values to compare. Statements written as text are refused,
but for those in `TEXTS`; the driver itself is asked by `batch_rows` and the databases alone. The second wall is the
server's own (`row_security`), where the server has one.
"""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import Compiled

from loomwork.adapters.storage.sql.bound_statements import workspace_values
from loomwork.adapters.storage.sql.reach import EVERYWHERE, OF_FIRST_STATEMENT, Reach, WorkspaceBreach
from loomwork.adapters.storage.sql.texts import ENTER, TEXTS

_STANDING = "loomwork_reach"
_shapes: WeakKeyDictionary[Compiled, frozenset[str]] = WeakKeyDictionary()


def stand(connection: Connection, reach: Reach) -> None:
    """Whoever begins a transaction says whose rows it may touch."""
    connection.info[_STANDING] = reach


def build_wall(engine: Engine) -> None:
    """Have every statement of the engine's connections looked at."""

    @event.listens_for(engine, "before_cursor_execute")
    def look(connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if context.compiled is None:
            if statement not in TEXTS:
                raise WorkspaceBreach("A statement is written as text outside the module for that.")
            return
        reach: Reach = connection.info.get(_STANDING, OF_FIRST_STATEMENT)
        if reach is not EVERYWHERE:
            _check(connection, reach, context)


def _check(connection: Connection, reach: Reach, context: Any) -> None:
    names = _shapes.get(context.compiled)
    if names is None:
        names = _shapes[context.compiled] = workspace_values(context.compiled)
    workspace_id = reach.workspace_id
    for values in context.compiled_parameters:
        for name in names:
            workspace_id = workspace_id or values[name]
            if values[name] != workspace_id or not workspace_id:
                raise WorkspaceBreach("A statement is for another workspace than its transaction.")
    if reach.workspace_id is None and workspace_id is not None:
        _enter(connection, workspace_id)


def _enter(connection: Connection, workspace_id: str) -> None:
    """The transaction is the workspace's from here on."""
    stand(connection, Reach(workspace_id))
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(ENTER, (workspace_id,))
