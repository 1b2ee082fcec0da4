"""Stand-ins for nodes: outputs that somebody wrote down, or plausible ones made from what a node declares."""

from loomwork.nodes.mocks.node import MockedType
from loomwork.nodes.mocks.plausible import plausible_outputs
from loomwork.nodes.mocks.reading import Mock, MockError, read_mocks

__all__ = ["Mock", "MockError", "MockedType", "plausible_outputs", "read_mocks"]
