"""What an app, a version and a run are; rules only."""

from loomwork.apps.domain.app import App, Version
from loomwork.apps.domain.run import NodeState, Run, RunStatus

__all__ = ["App", "NodeState", "Run", "RunStatus", "Version"]
