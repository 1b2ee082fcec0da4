"""Which values have to be one workspace's id for a statement to stay within that workspace.

A statement stays within a workspace where each table that it reads or changes is held to it: `workspace_id = :value` is
among the conditions that all have to hold, or `workspace_id` equals that of another table which is held. What is found
out about a statement's shape holds for all values that it is ever executed with.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Delete, Insert, Select, Table, Update
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    ClauseElement,
    ColumnClause,
    Grouping,
    TextClause,
)
from sqlalchemy.sql.selectable import (
    CTE,
    AliasedReturnsRows,
    CompoundSelect,
    FromClause,
    FromGrouping,
    Join,
    SelectBase,
    SelectStatementGrouping,
    Subquery,
)

from loomwork.adapters.storage.sql.reach import WorkspaceBreach

COLUMN = "workspace_id"
WORKSPACES = "workspaces"
"""The table whose rows are the workspaces: what names the workspace there is the row's own id."""


class _Equality(NamedTuple):
    """A column that names a workspace, and what it equals. `holds`: the tables that the condition can hold."""

    column: ColumnClause[Any]
    other: ClauseElement
    holds: frozenset[FromClause] | None


def workspace_values(compiled: Compiled) -> frozenset[str]:
    """The names of the values that have to be the workspace's id; empty for a statement on tables that no workspace
    has. Raises `WorkspaceBreach` where a table is not held to a workspace.
    """
    assert isinstance(compiled, SQLCompiler)
    found: set[str] = set()
    statement = compiled.statement
    assert statement is not None
    for value in _Examination(compiled.column_keys or ()).values_of(statement):
        name = value if isinstance(value, str) else compiled.bind_names.get(value)
        if name is None or (isinstance(value, str) and name not in compiled.binds):
            raise WorkspaceBreach(f"{_verb(statement)} says its workspace in a way that is not understood.")
        found.add(name)
    return frozenset(found)


class _Examination:
    """Of one statement with all that is inside it."""

    def __init__(self, set_besides: Iterable[str] = ()) -> None:
        """`set_besides`: the columns whose values come with an execution and are not in the statement."""
        self._set_besides = frozenset(set_besides)
        self._values: list[BindParameter[Any] | str] = []
        self._seen: set[int] = set()

    def values_of(self, statement: ClauseElement) -> Sequence[BindParameter[Any] | str]:
        if isinstance(statement, Insert):
            self._insert(statement)
        elif isinstance(statement, Update | Delete):
            self._change(statement)
        else:
            self._query(statement, frozenset())
        return self._values

    def _query(self, query: ClauseElement, held: frozenset[FromClause]) -> None:
        if id(query) in self._seen:
            return
        self._seen.add(id(query))
        match query:
            case SelectStatementGrouping():
                self._query(query.element, held)
            case Subquery() | CTE():
                self._query(query.element, frozenset())
            case CompoundSelect():
                for part in query.selects:
                    self._query(part, held)
            case Select():
                self._select(query, held)
            case _:
                raise WorkspaceBreach(f"{type(query).__name__} is not a statement that a store may execute.")

    def _select(self, select: Select[Any], held: frozenset[FromClause]) -> None:
        froms = select.get_final_froms()
        conditions = _Conditions(held & _correlated(select, froms))
        conditions.hold(_conjuncts(select._where_criteria), None)
        for place in froms:
            conditions.join(place)
        tables = [table for place in froms for table in _tables(place)]
        inside = self._settle(select, conditions, tables)
        self._inside((*select.get_children(), *froms), inside)

    def _change(self, change: Update | Delete) -> None:
        tables = {change.table, *_tables_named(change._where_criteria)}
        conditions = _Conditions(frozenset())
        conditions.hold(_conjuncts(change._where_criteria), None)
        inside = self._settle(change, conditions, [table for place in tables for table in _tables(place)])
        if isinstance(change, Update) and _workspace_column(change.table) in self._set_besides | _names_set(change):
            raise WorkspaceBreach(f"An update would move rows of {change.table} to another workspace.")
        self._inside(change.get_children(), inside)

    def _insert(self, insert: Insert) -> None:
        table = insert.table
        column = _workspace_column(table)
        if insert.select is not None or insert._multi_values:
            raise WorkspaceBreach(f"An insert into {table} does not give its rows one by one.")
        if column is not None:
            self._values.append(column)
        clause = insert._post_values_clause
        targets = getattr(clause, "inferred_target_elements", None) or ()
        updates = getattr(clause, "update_values_to_set", None)
        if updates and column is not None and column not in {getattr(it, "name", it) for it in targets}:
            raise WorkspaceBreach(f"An insert into {table} may change a row of another workspace.")
        self._inside(insert.get_children(), frozenset())

    def _settle(
        self, statement: ClauseElement, conditions: "_Conditions", tables: Iterable[FromClause]
    ) -> frozenset[FromClause]:
        """What is held once all conditions are. Raises `WorkspaceBreach` where a table is not."""
        held = conditions.held()
        self._values += conditions.values
        for table in tables:
            if table not in held and _workspace_column(table) is not None:
                raise WorkspaceBreach(f"{_verb(statement)} on {table} is not held to a workspace.")
        return held

    def _inside(self, parts: Iterable[ClauseElement], held: frozenset[FromClause]) -> None:
        for part in parts:
            if isinstance(part, TextClause) or (
                isinstance(part, ColumnClause) and part.is_literal and part.name != "*"
            ):
                raise WorkspaceBreach("A statement is written as text in part.")
            if isinstance(part, SelectBase | Subquery | CTE):
                self._query(part, held)
            elif not isinstance(part, Table):
                self._inside(part.get_children(), held)


class _Conditions:
    """Conditions that all have to hold, and the tables that they hold to a workspace."""

    def __init__(self, held: frozenset[FromClause]) -> None:
        self._held = set(held)
        self._equalities: list[_Equality] = []
        self.values: list[BindParameter[Any]] = []

    def hold(self, conditions: Iterable[ClauseElement], holds: frozenset[FromClause] | None) -> None:
        for condition in conditions:
            if isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
                sides = (condition.left, condition.right)
                for column, other in (sides, sides[::-1]):
                    if isinstance(column, ColumnClause) and _names_workspace(column):
                        self._equalities.append(_Equality(column, other, holds))

    def join(self, place: FromClause) -> None:
        if isinstance(place, FromGrouping):
            self.join(place.element)
        if not isinstance(place, Join):
            return
        self.join(place.left)
        self.join(place.right)
        # A row of the left side stays though nothing fits it: the condition says nothing of that side.
        holds = frozenset(_tables(place.right)) if place.isouter else None
        if place.onclause is not None and not place.full:
            self.hold(_conjuncts([place.onclause]), holds)

    def held(self) -> frozenset[FromClause]:
        before = -1
        while before != len(self._held):
            before = len(self._held)
            for equality in self._equalities:
                self._apply(equality)
        return frozenset(self._held)

    def _apply(self, equality: _Equality) -> None:
        table = equality.column.table
        if table is None or (table in self._held and not isinstance(equality.other, BindParameter)):
            return
        if equality.holds is not None and table not in equality.holds:
            return
        if isinstance(equality.other, BindParameter):
            if equality.other not in self.values:
                self.values.append(equality.other)
            self._held.add(table)
        elif _names_workspace(equality.other) and _is_held(equality.other, self._held):
            self._held.add(table)


def _is_held(column: Any, held: set[FromClause]) -> bool:
    # The rows of a query inside are held by its own conditions, which are looked at by themselves.
    return column.table in held or isinstance(column.table, Subquery | CTE)


def _names_workspace(column: Any) -> bool:
    return isinstance(column, ColumnClause) and column.name == _workspace_column(column.table)


def _workspace_column(table: Any) -> str | None:
    """The name of the column that says whose a row is."""
    if isinstance(table, Subquery | CTE):
        return COLUMN
    named = table.element if isinstance(table, AliasedReturnsRows) else table
    if not isinstance(named, Table):
        return None
    if named.name == WORKSPACES:
        return "id"
    return COLUMN if COLUMN in named.c else None


def _correlated(select: Select[Any], froms: Sequence[FromClause]) -> frozenset[FromClause]:
    """The tables that a query inside another may share with it, as SQLAlchemy decides it: those that it is told to, or
    any, but never the only one.
    """
    if select._correlate:
        return frozenset(select._correlate)
    return frozenset(froms) if select._auto_correlate and len(froms) > 1 else frozenset()


def _tables(place: FromClause) -> Iterator[FromClause]:
    """The tables of a place in FROM, each under the name that it has there; queries inside are not among them."""
    if isinstance(place, Join):
        yield from _tables(place.left)
        yield from _tables(place.right)
    elif isinstance(place, FromGrouping):
        yield from _tables(place.element)
    elif not isinstance(place, Subquery | CTE):
        yield place


def _tables_named(parts: Iterable[ClauseElement]) -> Iterator[FromClause]:
    """The tables of the columns in a condition, but for those of queries inside it."""
    for part in parts:
        if isinstance(part, ColumnClause):
            if part.table is not None:
                yield part.table
        elif not isinstance(part, SelectBase):
            yield from _tables_named(part.get_children())


def _conjuncts(conditions: Iterable[Any]) -> Iterator[ClauseElement]:
    """The conditions that all have to hold."""
    for condition in conditions:
        if isinstance(condition, Grouping):
            yield from _conjuncts([condition.element])
        elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
            yield from _conjuncts(condition.clauses)
        else:
            yield condition


def _names_set(change: Update) -> set[str]:
    return {str(getattr(column, "name", column)) for column in change._values or ()}


def _verb(statement: ClauseElement) -> str:
    return f"A {type(statement).__name__.lower()}"
