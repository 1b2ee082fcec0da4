"""What an app, a version and a run are; rules only."""

from loomwork.apps.domain.app import RUNNABLE_MODES, App, DraftChanged, Version
from loomwork.apps.domain.difference import Difference, EdgeChange, FieldChange, NodeChange, difference
from loomwork.apps.domain.difference_text import difference_lines
from loomwork.apps.domain.environment import ENVIRONMENTS, Environment, Promotion
from loomwork.apps.domain.run import ENDED, NodeState, Run, RunFilter, RunStatus
from loomwork.apps.domain.uploaded_file import FileTooLarge, UploadedFile

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
    "FileTooLarge",
    "NodeChange",
    "NodeState",
    "Promotion",
    "Run",
    "RunFilter",
    "RunStatus",
    "UploadedFile",
    "Version",
    "difference",
    "difference_lines",
]
