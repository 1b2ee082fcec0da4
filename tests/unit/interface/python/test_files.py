"""Files of this machine, as flows get them."""

import base64
from pathlib import Path

import pytest

from loomwork.interface.python import files
from loomwork.interface.python.files import file_at, file_of
from loomwork.kernel.errors import InvalidInput


def test_an_image_brings_its_content_along(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    path.write_bytes(b"\x89PNG")
    file = file_of(path)
    assert (file.type, file.mime_type, file.size, file.extension) == ("image", "image/png", 4, ".png")
    assert file.url == "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()


@pytest.mark.parametrize(
    ("name", "kind"), [("a.pdf", "document"), ("a.txt", "document"), ("a.mp3", "audio"), ("a.mp4", "video")]
)
def test_another_file_is_known_by_where_it_lies(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"12345")
    file = file_of(path)
    assert (file.type, file.transfer_method, file.url, file.size) == (kind, "local_file", str(path), 5)


def test_an_image_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_IMAGE", 3)
    path = tmp_path / "dot.png"
    path.write_bytes(b"\x89PNG")
    with pytest.raises(InvalidInput, match="at most"):
        file_of(path)


@pytest.mark.parametrize("path", ["/nowhere/a.png", "/", "bad\0name"])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        file_of(Path(path))


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://example.org/a/b.pdf?x=1", "document", "b.pdf"),
        ("https://example.org/photo.JPG", "image", "photo.JPG"),
        ("https://example.org/", "document", ""),
        ("data:image/gif;base64,R0lG", "image", ""),
    ],
)
def test_a_file_at_an_address_is_known_by_its_name(url: str, kind: str, name: str) -> None:
    file = file_at(url)
    assert (file.type, file.name, file.url, file.transfer_method) == (kind, name, url, "remote_url")
