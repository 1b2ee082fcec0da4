"""Files that people name."""

import pytest

from loomwork.interface.cli.reading import read_bytes
from loomwork.kernel.errors import InvalidInput


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", "/", "bad\0name"])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_bytes(path)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="larger than"):
        read_bytes("/dev/zero")
