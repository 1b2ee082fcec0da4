"""What an app, a version and a run are; rules only."""

from loomwork.apps.domain.app import App, Version
from loomwork.apps.domain.run import ENDED, NodeState, Run, RunStatus

__all__ = ["ENDED", "App", "NodeState", "Run", "RunStatus", "Version"]
