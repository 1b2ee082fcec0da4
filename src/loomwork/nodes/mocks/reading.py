"""A file of mocks: `{"<node id>" | "*<node type>": {output: value, ...} | {"error": "message"}}`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.kernel.errors import InvalidInput
from loomwork.nodes.known import canonical
from loomwork.nodes.wire_values import revived

ANY_OF_TYPE = "*"


@dataclass(frozen=True, slots=True)
class Mock:
    """What a node leaves instead of running."""

    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MockError:
    """What a node fails with instead of running."""

    message: str


def read_mocks(data: Any) -> dict[str, Mock | MockError]:
    """Mocks by node id, and by `*` with the type's name of today. Raises `InvalidInput`."""
    if not isinstance(data, Mapping):
        raise InvalidInput('Mocks are a JSON object: {"<node id>" or "*<node type>": {output: value}}.')
    return {mock_key(str(name)): _mock(str(name), mock) for name, mock in data.items()}


def mock_key(name: str) -> str:
    """What a name in a file of mocks is looked up by: a node id as it is, `*` with the type's name of today."""
    return ANY_OF_TYPE + canonical(name[1:]) if name.startswith(ANY_OF_TYPE) else name


def _mock(name: str, mock: Any) -> Mock | MockError:
    if not isinstance(mock, Mapping):
        raise InvalidInput(f'The mock of \'{name}\' is no JSON object; write its outputs, or {{"error": "message"}}.')
    if set(mock) == {"error"} and isinstance(mock["error"], str):
        return MockError(mock["error"])
    # Files are written in wire form.
    return Mock({str(output): revived(value) for output, value in mock.items()})
