"""What an app, a version and a run are; rules only."""

from loomwork.apps.domain.app import RUNNABLE_MODES, App, DraftChanged, Version
from loomwork.apps.domain.difference import Difference, EdgeChange, FieldChange, NodeChange, difference
from loomwork.apps.domain.difference_text import difference_lines
from loomwork.apps.domain.environment import ENVIRONMENTS, Environment, Promotion
from loomwork.apps.domain.run import ENDED, NodeState, Run, RunFilter, RunStatus

__all__ = [
    "ENDED",
    "ENVIRONMENTS",
    "RUNNABLE_MODES",
    "App",
    "Difference",
    "DraftChanged",
    "EdgeChange",
    "Environment",
    "FieldChange",
    "NodeChange",
    "NodeState",
    "Promotion",
    "Run",
    "RunFilter",
    "RunStatus",
    "Version",
    "difference",
    "difference_lines",
]
