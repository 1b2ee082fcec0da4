"""Documents, each read in a process of its own."""

import asyncio
import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from loomwork.adapters.documents.parser import ProcessDocumentParser
from loomwork.adapters.documents.processes import DocumentLimits
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.nodes.ports import DocumentTooCostly, DocumentTypeUnsupported, DocumentUnreadable

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(text: str, rows: list[list[str]]) -> bytes:
    """A small Word document: a paragraph and a table."""
    cells = "".join(f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>" for row in rows)
    body = f'<w:document xmlns:w="{_WORDS}"><w:body>{paragraph(text)}<w:tbl>{cells}</w:tbl></w:body></w:document>'
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{WORD}.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}" Target="word/document.xml"/></Relationships>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr("word/document.xml", body)
    return packed.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def pdf(text: str) -> bytes:
    """A PDF of one page with one line."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return content + end % (table, len(content))


def children() -> set[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


@pytest.fixture(scope="module")
def parser() -> Iterator[ProcessDocumentParser]:
    reader = ProcessDocumentReader()
    yield ProcessDocumentParser(reader)
    reader.close()


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (b"# hi", "a.md", "# hi"),
        (b'{"a": 1}', "a.json", '{"a": 1}'),
        (b"<h1>hi</h1>", "a.html", "# hi"),
        (b"a,b\n1,2", "a.csv", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        (docx("Hello", [["a", "b"], ["1", "2"]]), "a.docx", "Hello\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"),
        (pdf("Good day"), "a.pdf", "Good day"),
        (b"From: a@x.example\r\nSubject: Hi\r\n\r\nBody\r\n", "a.eml", None),
    ],
)
async def test_documents_are_read(parser: ProcessDocumentParser, content: bytes, name: str, text: str | None) -> None:
    found = (await parser.parse(content, name=name, mime_type="")).strip()
    assert found == text if text is not None else "Body" in found


@pytest.mark.parametrize(
    ("content", "name"), [(b"%PDF-1.4 junk", "a.pdf"), (b"no zip", "a.docx"), (b"", "a.xlsx"), (b"\x00" * 99, "a.msg")]
)
async def test_a_broken_document_is_named(parser: ProcessDocumentParser, content: bytes, name: str) -> None:
    with pytest.raises(DocumentUnreadable, match=rf"^{name} .*\.$"):
        await parser.parse(content, name=name, mime_type="")


async def test_a_type_that_is_no_document_is_named(parser: ProcessDocumentParser) -> None:
    with pytest.raises(DocumentTypeUnsupported, match=r"a\.png"):
        await parser.parse(b"\x89PNG\x00", name="a.png", mime_type="image/png")


async def test_a_document_that_unpacks_to_very_much_is_stopped() -> None:
    reader = ProcessDocumentReader(limits=DocumentLimits(memory=64 << 20, text=1000))
    parser = ProcessDocumentParser(reader)
    bomb = docx("a" * 300_000_000, [["x"]])
    assert len(bomb) < 400_000
    with pytest.raises(DocumentUnreadable):
        await parser.parse(bomb, name="a.docx", mime_type="")
    reader.close()


@pytest.mark.parametrize("name", ["a.txt", "a.html"])
async def test_a_document_may_not_hold_more_text_than_the_limit(name: str) -> None:
    reader = ProcessDocumentReader(limits=DocumentLimits(text=10))
    parser = ProcessDocumentParser(reader)
    assert await parser.parse(b"0123456789", name=name, mime_type="") == "0123456789"
    with pytest.raises(DocumentTooCostly, match="more than 10 characters"):
        await parser.parse(b"0123456789x", name=name, mime_type="")
    reader.close()


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    reader = ProcessDocumentReader(limits=DocumentLimits(wall=0.001))
    parser = ProcessDocumentParser(reader)
    with pytest.raises(DocumentTooCostly, match=r"longer than 0\.001 seconds"):
        await parser.parse(b"<p>x", name="a.html", mime_type="")
    reader.close()


HEAVY = b"<i>" * 4_000_000


def begun(known: set[int]) -> int:
    """Wait for the process that reads a document, and say which it is."""
    while True:
        for child in children() - known:
            with suppress(FileNotFoundError, ProcessLookupError):  # another one's child that ended meanwhile
                if b"documents.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
        time.sleep(0.01)


async def test_who_no_longer_waits_for_a_document_ends_its_process() -> None:
    known = children()
    reader = ProcessDocumentReader()
    parser = ProcessDocumentParser(reader)
    reading = asyncio.create_task(parser.parse(HEAVY, name="a.html", mime_type=""))
    await asyncio.to_thread(begun, known)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    reader.close()
    assert children() - known == set()


async def test_its_processes_see_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOMWORK_MASTER_KEY", "hunter2")
    known = children()
    reader = ProcessDocumentReader()
    parser = ProcessDocumentParser(reader)
    reading = asyncio.create_task(parser.parse(HEAVY, name="a.html", mime_type=""))
    child = await asyncio.to_thread(begun, known)
    environment = await asyncio.to_thread(Path(f"/proc/{child}/environ").read_bytes)
    reading.cancel()
    reader.close()
    assert b"LANG=" in environment
    assert b"hunter2" not in environment


def test_it_serves_one_event_loop_after_another() -> None:
    reader = ProcessDocumentReader()
    parser = ProcessDocumentParser(reader)
    for _ in range(2):
        assert asyncio.run(parser.parse(b"<p>x", name="a.html", mime_type="")) == "x"
    reader.close()
