"""Documents as blocks: what survives of them, and what is said of those that cannot be read."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from loomwork.adapters.documents import processes
from loomwork.adapters.documents.processes import DocumentLimits, tessdata
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.documents.walls import walls_here
from loomwork.knowledge.domain.errors import DocumentTooLarge, DocumentUnusable
from loomwork.knowledge.domain.parsed import Block, ParsedDocument
from tests.knowledge_corpus.writers import (
    WRITERS,
    Heading,
    Items,
    Paper,
    Paragraph,
    Part,
    Table,
    packed,
    pdf_of,
    write,
)

ENGLISH = Paper(
    "handbook",
    "Lamp handbook",
    [
        Heading(1, "Lamp handbook"),
        Paragraph("Every lamp comes with a warranty of two years (24 months)."),
        Heading(2, "Prices"),
        Items(["Tax is included.", "Shipping is not."]),
        Table([["Model", "Price"], ["Aurora", "30 EUR"], ["Borealis", "45 EUR"]]),
    ],
)
CHINESE = Paper(
    "shouce",
    "灯具手册",
    [
        Heading(1, "灯具手册"),
        Paragraph("所有灯具均享有两年保修服务，人为损坏不在保修范围之内，请妥善保管购买凭证以便日后申请售后维修服务。"),
        Heading(2, "价格"),
        Table([["型号", "价格"], ["极光", "三十欧元"], ["北辰", "四十五欧元"]]),
    ],
    "zh",
)
WITH_HEADINGS = (".md", ".html", ".docx", ".pptx", ".epub", ".odt", ".pdf")
WITH_TABLES = (".md", ".html", ".docx", ".xlsx", ".csv", ".epub", ".odt")


@pytest.fixture(scope="module")
def reader() -> Iterator[ProcessDocumentReader]:
    opened = ProcessDocumentReader()
    yield opened
    opened.close()


async def read(reader: ProcessDocumentReader, content: bytes, name: str) -> ParsedDocument:
    return await reader.read(content, name=name, media_type="")


def said(document: ParsedDocument) -> str:
    return "".join(f"{block.text}{block.answer}" for block in document.blocks).replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("paper", [ENGLISH, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize(
    "extension", [extension for extension in WRITERS if extension not in (".eml", ".csv", ".xlsx")]
)
async def test_what_is_written_is_read(reader: ProcessDocumentReader, paper: Paper, extension: str) -> None:
    document = await read(reader, write(paper, extension), f"a{extension}")
    headings = [(block.level, block.text) for block in document.blocks if block.kind == "heading"]
    tables = [block.text for block in document.blocks if block.kind == "table"]
    for part in paper.parts:
        if isinstance(part, Heading) and extension in WITH_HEADINGS:
            assert part.text in [text for _, text in headings]
        if isinstance(part, Paragraph):
            assert part.text.replace(" ", "") in said(document)
    assert bool(tables) == (extension in WITH_TABLES)
    assert [level for level, _ in headings] == sorted(level for level, _ in headings)


@pytest.mark.parametrize("extension", [".xlsx", ".csv"])
async def test_sheets_are_tables(reader: ProcessDocumentReader, extension: str) -> None:
    document = await read(reader, write(ENGLISH, extension), f"a{extension}")
    assert document.blocks[-1].kind == "table"
    assert "| Borealis | 45 EUR |" in document.blocks[-1].text
    assert document.pages == (1 if extension == ".xlsx" else None)


async def test_pages_and_headings_of_a_pdf_are_kept(reader: ProcessDocumentReader) -> None:
    parts: list[Part] = []
    for number in range(6):
        parts += [Heading(1, f"Chapter {number}"), *[Paragraph(f"Words of {number}. " * 60)] * 2]
    document = await read(reader, write(Paper("a", "A", parts), ".pdf"), "a.pdf")
    headings = [block for block in document.blocks if block.kind == "heading"]
    assert [block.text for block in headings] == [f"Chapter {n}" for n in range(6)]
    pages = [block.page for block in document.blocks if block.page]
    assert pages == sorted(pages)
    assert document.pages == pages[-1] > 1


async def test_lines_that_the_width_of_a_page_has_ended_are_joined(reader: ProcessDocumentReader) -> None:
    long = "This sentence goes on and on until it has reached the end of the line, and then on. " * 3
    document = await read(reader, write(Paper("a", "A", [Heading(1, "A"), Paragraph(long)]), ".pdf"), "a.pdf")
    assert document.blocks[-1].text == long.strip()


async def test_slides_are_pages(reader: ProcessDocumentReader) -> None:
    document = await read(reader, write(ENGLISH, ".pptx"), "a.pptx")
    assert [(block.page, block.text) for block in document.blocks if block.kind == "heading"] == [
        (1, "Lamp handbook"),
        (2, "Prices"),
    ]
    assert document.pages == 2


async def test_a_mail_says_who_wrote_what_and_when(reader: ProcessDocumentReader) -> None:
    head = "From: ann@lamps.example\nTo: bob@lamps.example\nDate: Mon, 05 Jan 2026 09:00:00 +0000"
    paper = Paper("m", "灯的交付", [Paragraph(head), Paragraph("The lamps come on Monday.")])
    document = await read(reader, write(paper, ".eml"), "a.eml")
    assert document.title == "灯的交付"
    assert document.blocks[0] == Block("heading", "灯的交付", level=1)
    assert document.blocks[1].text.startswith("From: ann@lamps.example\nTo: bob")
    assert document.blocks[2].text == "The lamps come on Monday."


@pytest.mark.parametrize("head", [["Question", "Answer", "Area"], ["问题", "答案", "Area"]])
@pytest.mark.parametrize("extension", [".csv", ".xlsx"])
async def test_sheets_of_questions_are_questions(
    reader: ProcessDocumentReader, head: Sequence[str], extension: str
) -> None:
    paper = Paper("q", "Q", [Table([head, ["How long?", "Two years|or so.", "Shop"], ["Where?", "Here.", ""]])])
    document = await read(reader, write(paper, extension), f"a{extension}")
    assert [(b.text, b.answer) for b in document.blocks if b.kind == "qa"] == [
        ("How long?", "Two years|or so.\nArea: Shop"),
        ("Where?", "Here."),
    ]


async def test_records_of_json_are_blocks(reader: ProcessDocumentReader) -> None:
    content = (
        b'{"shop": "Lamps", "items": [{"name": "Aurora", "price": {"eur": 30}}, {"name": "B", "tags": ["x", "y"]}]}'
    )
    document = await read(reader, content, "a.json")
    assert [block.text for block in document.blocks] == [
        "shop: Lamps",
        "items",
        "name: Aurora\nprice.eur: 30",
        "name: B\ntags: x, y",
    ]
    lines = await read(reader, b'{"a": 1}\n{"a": 2}\n', "a.jsonl")
    assert [block.text for block in lines.blocks] == ["a: 1", "a: 2"]


# Hostile and broken documents

ENCRYPTED_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>> endobj
4 0 obj<</Filter/Standard/V 1/R 2/O(01234567890123456789012345678901)/U(01234567890123456789012345678901)/P -4>> endobj
trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[(0123456789abcdef)(0123456789abcdef)]>>
%%EOF"""
LOCKED_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")


def locked_archive() -> bytes:
    """Its entries say that they are encrypted."""
    content = bytearray(write(ENGLISH, ".docx"))
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + 8] |= 1
        place = content.find(b"PK\x01\x02", place + 4)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "name"),
    [(ENCRYPTED_PDF, "a.pdf"), (LOCKED_OFFICE, "a.doc"), (LOCKED_OFFICE, "a.docx"), (locked_archive(), "a.docx")],
)
async def test_a_document_with_a_password_is_named(reader: ProcessDocumentReader, content: bytes, name: str) -> None:
    with pytest.raises(DocumentUnusable, match=rf"^{name} is (protected by a password|not what its name says).*\.$"):
        await read(reader, content, name)


@pytest.mark.parametrize("name", ["a.md", "a.pdf", "a.docx", "a.csv", "a.json"])
@pytest.mark.parametrize("content", [b"", b" \n "])
async def test_an_empty_document_is_named(reader: ProcessDocumentReader, content: bytes, name: str) -> None:
    with pytest.raises(DocumentUnusable, match=rf"^{name} is empty\.$"):
        await read(reader, content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (write(ENGLISH, ".pdf"), "a.docx"),
        (write(ENGLISH, ".docx"), "a.pdf"),
        (b"<html>", "a.xlsx"),
        (b"\xff\xd8\xff", "a.rtf"),
    ],
)
async def test_a_wrong_extension_is_named(reader: ProcessDocumentReader, content: bytes, name: str) -> None:
    with pytest.raises(
        DocumentUnusable, match=rf"^{name} is not what its name says: its content is of another type\.$"
    ):
        await read(reader, content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.4 junk", "a.pdf"),
        (write(ENGLISH, ".docx")[:400], "a.docx"),
        (packed({"mimetype": "application/epub+zip"}), "a.epub"),
        (packed({"x": "y"}), "a.xlsx"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 99, "a.msg"),
        (b'{"a": ', "a.json"),
        (b"[" * 100_000, "a.json"),
        (b"no head\r\n\r\nand a body", "a.eml"),
    ],
)
async def test_a_broken_document_is_named(reader: ProcessDocumentReader, content: bytes, name: str) -> None:
    with pytest.raises(DocumentUnusable, match=rf"^{name} .*\.$"):
        await read(reader, content, name)


async def test_a_scan_says_what_would_read_it(reader: ProcessDocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "TESSDATA", ())
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    with pytest.raises(DocumentUnusable, match=r"^scan\.pdf holds no text\. .*tesseract"):
        await read(reader, pdf_of([b""]), "scan.pdf")
    with pytest.raises(DocumentUnusable, match=r"^a\.png is an image, .*tesseract"):
        await read(reader, png(9, 9), "a.png")


def png(width: int, height: int) -> bytes:
    """Black and white."""
    rows = zlib.compress((b"\x00" + b"\xff" * ((width + 7) // 8)) * height)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    each = (struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(each)


async def test_a_huge_image_is_not_decoded(
    reader: ProcessDocumentReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(DocumentTooLarge, match=r"^a\.png has 10000 x 10000 points"):
        await read(reader, png(10_000, 10_000), "a.png")


@pytest.mark.skipif(not tessdata(os.environ), reason="tesseract's languages are not installed here")
async def test_text_in_an_image_is_recognized(reader: ProcessDocumentReader) -> None:
    with pytest.raises(DocumentUnusable, match="holds no text"):
        await read(reader, png(64, 64), "a.png")


async def test_an_archive_that_unpacks_to_very_much_is_not_unpacked(reader: ProcessDocumentReader) -> None:
    bomb = packed({"word/document.xml": b"a" * (300 << 20)})
    assert len(bomb) < 400_000
    with pytest.raises(DocumentTooLarge, match=r"^a\.docx unpacks to more than 256 MiB\.$"):
        await read(reader, bomb, "a.docx")


async def test_an_archive_of_very_many_files_is_not_unpacked(reader: ProcessDocumentReader) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for number in range(10_001):
            archive.writestr(str(number), b"")
    with pytest.raises(DocumentTooLarge, match=r"^a\.epub is made of more than 10000 files\.$"):
        await read(reader, written.getvalue(), "a.epub")


async def test_an_archive_that_lies_about_its_size_meets_the_limits() -> None:
    reader = ProcessDocumentReader(limits=DocumentLimits(memory=64 << 20))
    bomb = bytearray(packed({"word/document.xml": b"<w>" + b"a" * (200 << 20)}))
    place = bomb.find(b"PK\x01\x02")
    bomb[place + 24 : place + 28] = struct.pack("<I", 10)
    with pytest.raises(DocumentUnusable, match=r"^a\.docx .*\.$"):
        await read(reader, bytes(bomb), "a.docx")
    reader.close()


async def text_or_error(reader: ProcessDocumentReader, content: bytes, name: str) -> str:
    try:
        return said(await read(reader, content, name))
    except DocumentUnusable as error:
        return error.message


async def test_entities_that_multiply_do_not(reader: ProcessDocumentReader) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'
    content = write(ENGLISH, ".docx")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    body = files["word/document.xml"].decode().partition("?>")[2]
    files["word/document.xml"] = (head + body.replace("Every lamp", "&e9;")).encode()
    assert len(await text_or_error(reader, packed(files), "a.docx")) < 10_000


async def test_a_pdf_of_very_many_pages_meets_the_limits() -> None:
    reader = ProcessDocumentReader(limits=DocumentLimits(cpu=2, memory=128 << 20))
    kids = b"3 0 R " * 300_000
    bomb = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[" + kids + b"]/Count 300000>>"
        b"endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj trailer<</Size 4/Root 1 0 R>>\n%%EOF"
    )
    with pytest.raises(DocumentUnusable, match=r"^a\.pdf .*\.$"):
        await read(reader, bomb, "a.pdf")
    reader.close()


async def test_a_bad_document_leaves_the_others_alone(reader: ProcessDocumentReader) -> None:
    with pytest.raises(DocumentUnusable):
        await read(reader, b"%PDF-1.4 junk", "a.pdf")
    assert said(await read(reader, write(ENGLISH, ".pdf"), "a.pdf"))


async def test_what_the_library_lays_down_lies_where_it_is_told(tmp_path: Path) -> None:
    reader = ProcessDocumentReader(scratch=tmp_path / "parsers")
    assert not (tmp_path / "parsers").exists()
    await read(reader, write(ENGLISH, ".pdf"), "a.pdf")
    (folder,) = (tmp_path / "parsers").iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    reader.close()


def test_it_says_what_keeps_its_processes_from_the_rest(reader: ProcessDocumentReader) -> None:
    assert reader.walls == walls_here()


async def test_a_sentence_that_goes_on_on_the_next_page_is_one(reader: ProcessDocumentReader) -> None:
    first = "BT /F1 10 Tf 60 700 Td (The company leases bicycles to everybody who asks and pays a) Tj ET"
    second = "BT /F1 10 Tf 60 790 Td (third of the monthly rate.) Tj ET"
    document = await read(reader, pdf_of([first.encode(), second.encode()]), "a.pdf")
    assert [block.text for block in document.blocks] == [
        "The company leases bicycles to everybody who asks and pays a third of the monthly rate."
    ]
    assert document.blocks[0].page == 1
