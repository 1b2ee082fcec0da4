"""A file of mocks: `{"<node id>" | "*<node type>": {output: value, ...} | {"error": "message"}}`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.engine.variables import File
from loomwork.engine.variables.files import FILE_MARK
from loomwork.kernel.errors import InvalidInput
from loomwork.nodes.known import canonical

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
    return Mock({str(output): _revived(value) for output, value in mock.items()})


def _revived(value: Any) -> Any:
    """Files are written in wire form."""
    if isinstance(value, Mapping):
        if value.get("dify_model_identity") == FILE_MARK:
            return File.from_wire(value)
        return {str(key): _revived(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_revived(item) for item in value]
    return value
