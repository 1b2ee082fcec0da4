"""Loomwork: build and run AI-native applications."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loomwork.bootstrap.embedded import Workflow
    from loomwork.dsl import DslError
    from loomwork.interface.python.client import AsyncClient, Client, ServerRefused, ServerUnreachable

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "Client",
    "DslError",
    "ServerRefused",
    "ServerUnreachable",
    "Workflow",
    "__version__",
]

_OF_THE_CLIENT = frozenset({"AsyncClient", "Client", "ServerRefused", "ServerUnreachable"})


def __getattr__(name: str) -> Any:
    """Load the Python API on first use, so that `import loomwork` costs nothing."""
    if name == "Workflow":
        from loomwork.bootstrap.embedded import Workflow

        return Workflow
    if name == "DslError":
        from loomwork.dsl import DslError

        return DslError
    if name in _OF_THE_CLIENT:
        from loomwork.interface.python import client

        return getattr(client, name)
    raise AttributeError(f"module 'loomwork' has no attribute {name!r}")
