"""Reading files from wherever they lie."""

from pathlib import Path

import pytest

from loomwork.adapters.files import FileReader
from loomwork.engine.variables import File
from loomwork.nodes.ports import EgressLimits, EgressRefused, EgressRequest, EgressResponse, FileUnreadable


class Gate:
    """One page, and nothing else."""

    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        if request.url == "http://127.0.0.1/":
            raise EgressRefused("127.0.0.1 is not on the public internet.")
        status = 200 if request.url == "https://files.example/a" else 404
        return EgressResponse(status, request.url, {}, b"page"[: limits.size])


def at(url: str | None) -> File:
    return File("document", "remote_url", url=url, name="a.txt")


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("data:text/plain;base64,aGk=", b"hi"),
        ("data:,h%20i", b"h i"),
        ("DATA:text/plain;BASE64,aGk%3D", b"hi"),
        ("data:text/plain;base64,aGk", None),
        ("data:text/plain;base64", None),
        ("https://files.example/a", b"page"),
        ("https://files.example/gone", None),
        ("http://127.0.0.1/", None),
        (None, None),
        ("", None),
        ("relative/path", None),
    ],
)
async def test_a_file_is_read_from_its_url_or_the_reason_is_said(url: str | None, content: bytes | None) -> None:
    reader = FileReader(Gate())
    if content is None:
        with pytest.raises(FileUnreadable, match=r"^The file 'a.txt' .*\.$"):
            await reader.read(at(url), limit=100)
    else:
        assert await reader.read(at(url), limit=100) == content


async def test_files_of_this_machine_are_only_read_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"here")
    assert await FileReader(Gate(), local=True).read(at(str(path)), limit=4) == b"here"
    with pytest.raises(FileUnreadable):
        await FileReader(Gate()).read(at(str(path)), limit=4)


@pytest.mark.parametrize("name", ["gone", ".", "\x00"])
async def test_what_is_no_file_of_this_machine_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileUnreadable):
        await FileReader(Gate(), local=True).read(at(f"{tmp_path}/{name}"), limit=4)


@pytest.mark.parametrize("url", ["data:;base64,aGVsbG8=", "data:,hello", "PATH"])
async def test_a_file_may_not_be_larger_than_the_limit(tmp_path: Path, url: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    reader = FileReader(Gate(), local=True)
    file = at(url.replace("PATH", str(path)))
    assert await reader.read(file, limit=5) == b"hello"
    with pytest.raises(FileUnreadable, match="larger than 4 bytes"):
        await reader.read(file, limit=4)
