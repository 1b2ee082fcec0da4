"""Loomwork: build and run AI-native applications."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loomwork.bootstrap.embedded import Workflow
    from loomwork.dsl import DslError

__version__ = "0.1.0"
__all__ = ["DslError", "Workflow", "__version__"]


def __getattr__(name: str) -> Any:
    """Load the Python API on first use, so that `import loomwork` costs nothing."""
    if name == "Workflow":
        from loomwork.bootstrap.embedded import Workflow

        return Workflow
    if name == "DslError":
        from loomwork.dsl import DslError

        return DslError
    raise AttributeError(f"module 'loomwork' has no attribute {name!r}")
