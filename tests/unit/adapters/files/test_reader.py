"""Reading files from wherever they lie."""

from pathlib import Path

import pytest

from loomwork.adapters.files import FileReader
from loomwork.engine.variables import File
from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.nodes.ports import EgressLimits, EgressRefused, EgressRequest, EgressResponse, FileUnreadable

SCOPE = embedded_scope()


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
            await reader.read(SCOPE, at(url), limit=100)
    else:
        assert await reader.read(SCOPE, at(url), limit=100) == content


async def test_files_of_this_machine_are_only_read_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"here")
    assert await FileReader(Gate(), local=True).read(SCOPE, at(str(path)), limit=4) == b"here"
    with pytest.raises(FileUnreadable):
        await FileReader(Gate()).read(SCOPE, at(str(path)), limit=4)


@pytest.mark.parametrize("name", ["gone", ".", "\x00"])
async def test_what_is_no_file_of_this_machine_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileUnreadable):
        await FileReader(Gate(), local=True).read(SCOPE, at(f"{tmp_path}/{name}"), limit=4)


@pytest.mark.parametrize("url", ["data:;base64,aGVsbG8=", "data:,hello", "PATH"])
async def test_a_file_may_not_be_larger_than_the_limit(tmp_path: Path, url: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    reader = FileReader(Gate(), local=True)
    file = at(url.replace("PATH", str(path)))
    assert await reader.read(SCOPE, file, limit=5) == b"hello"
    with pytest.raises(FileUnreadable, match="larger than 4 bytes"):
        await reader.read(SCOPE, file, limit=4)


class Kept:
    """What one workspace uploaded."""

    async def content(self, scope: Scope, file_id: str) -> bytes:
        if (scope, file_id) != (SCOPE, "7"):
            raise NotFound("There is no file with this id.")
        return b"kept"


async def test_what_was_uploaded_is_read_by_its_id_where_uploads_are_kept() -> None:
    reader = FileReader(Gate(), stored=Kept())
    uploaded = File("document", "local_file", related_id="7", name="a.txt", size=4)
    assert await reader.read(SCOPE, uploaded, limit=4) == b"kept"
    with pytest.raises(FileUnreadable, match="larger than 3 bytes"):
        await reader.read(SCOPE, uploaded, limit=3)
    with pytest.raises(FileUnreadable, match="not kept any more"):
        await reader.read(SCOPE, File("document", "local_file", related_id="8", name="a.txt"), limit=4)
    with pytest.raises(FileUnreadable, match="no address"):
        await FileReader(Gate()).read(SCOPE, uploaded, limit=4)
