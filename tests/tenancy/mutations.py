"""The database with a hole in its first wall: tables are read and changed without asking whose their rows are, and
nobody looks at the statements that do so.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import BinaryExpression, ColumnElement, Engine, Table, event, true
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.visitors import replacement_traverse

from loomwork.adapters.storage.sql import walls


@contextmanager
def without_the_wall_of(*tables: Table) -> Iterator[list[str]]:
    """Take the condition on the workspace out of every statement on these tables, just before it is executed. What it
    was taken out of is in the list.
    """
    torn: list[str] = []

    def tear(_connection: Any, statement: Any, multiparams: Any, params: Any, _options: Any) -> Any:
        holes: list[ColumnElement[bool]] = []

        def hole(element: Any, **_: Any) -> Any:
            if _is_wall(element, tables):
                holes.append(element)
                return true()
            return None

        # Caution: a statement is shared by all who execute it, so the torn one is a copy.
        if isinstance(statement, ClauseElement) and hasattr(statement, "whereclause"):
            statement = replacement_traverse(statement, {}, hole)
        torn.extend(str(each) for each in holes)
        return statement, multiparams, params

    event.listen(Engine, "before_execute", tear, retval=True)
    try:
        # Or it would refuse every torn statement, its owner's as well.
        with patch.object(walls, "_check"):
            yield torn
    finally:
        event.remove(Engine, "before_execute", tear)


def _is_wall(element: Any, tables: Collection[Table]) -> bool:
    if not isinstance(element, BinaryExpression) or not isinstance(element.right, BindParameter):
        return False
    column = element.left
    return getattr(column, "name", "") == "workspace_id" and getattr(column, "table", None) in tables
