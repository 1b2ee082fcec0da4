"""Whose rows a transaction may touch."""

from dataclasses import dataclass

from loomwork.kernel.scope import Scope


class WorkspaceBreach(Exception):
    """A statement that may reach beyond its workspace. It is a bug of ours and was not executed. Says which tables it
    names, and nothing of what they hold.
    """


@dataclass(frozen=True, slots=True)
class Reach:
    """One workspace, every workspace, or, where neither is said, the workspace of the transaction's first statement."""

    workspace_id: str | None = None
    is_everywhere: bool = False


EVERYWHERE = Reach(is_everywhere=True)
OF_FIRST_STATEMENT = Reach()


def reach_of(scope: Scope) -> Reach:
    """Only what this workspace has. Raises `WorkspaceBreach` for a scope without one."""
    if not scope.workspace_id:
        raise WorkspaceBreach("A transaction was begun for a workspace without an id.")
    return Reach(scope.workspace_id)
