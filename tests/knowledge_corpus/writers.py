"""Writes a paper in the formats that companies keep theirs in, byte for byte the same each time."""

import csv
import io
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

MOMENT = (2026, 1, 5, 9, 0, 0)
LINES_A_PAGE = 44
PAGE_HEIGHT, TOP, MARGIN, LEADING = 842, 790, 60, 16
SIZES = {1: 20, 2: 15, 3: 13, 0: 10}


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list with bullets."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is the head."""

    rows: Sequence[Sequence[str]]


Part = Heading | Paragraph | Items | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """`stem` is its file name without the extension."""

    stem: str
    title: str
    parts: Sequence[Part]
    language: str = "en"


def write(paper: Paper, extension: str) -> bytes:
    """The paper as a file of this type."""
    return WRITERS[extension](paper)


def _lines(paper: Paper) -> Iterator[str]:
    for part in paper.parts:
        match part:
            case Heading(level, text):
                yield f"{'#' * level} {text}"
            case Paragraph(text):
                yield text
            case Items(texts):
                yield "\n".join(f"- {text}" for text in texts)
            case Table(rows):
                head, *body = [f"| {' | '.join(row)} |" for row in rows]
                yield "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def markdown(paper: Paper) -> bytes:
    return ("\n\n".join(_lines(paper)) + "\n").encode()


def plain(paper: Paper) -> bytes:
    """Tables with tabs between their cells, headings with a line of their own."""
    said: list[str] = []
    for part in paper.parts:
        match part:
            case Heading(_, text) | Paragraph(text):
                said.append(text)
            case Items(texts):
                said.append("\n".join(f"* {text}" for text in texts))
            case Table(rows):
                said.append("\n".join("\t".join(row) for row in rows))
    return ("\n\n".join(said) + "\n").encode()


def html(paper: Paper) -> bytes:
    said = [f'<!doctype html><html lang="{paper.language}"><head><meta charset="utf-8">']
    said.append(f"<title>{escape(paper.title)}</title><style>p {{ margin: 0 }}</style></head><body>")
    for part in paper.parts:
        match part:
            case Heading(level, text):
                said.append(f"<h{level}>{escape(text)}</h{level}>")
            case Paragraph(text):
                said.append(f"<p>{escape(text)}</p>")
            case Items(texts):
                said.append(f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>")
            case Table(rows):
                said.append(f"<table>{''.join(_html_row(row) for row in rows)}</table>")
    return "\n".join([*said, "</body></html>"]).encode()


def _html_row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def sheet_rows(paper: Paper) -> Sequence[Sequence[str]]:
    """The rows of its first table."""
    return next(part.rows for part in paper.parts if isinstance(part, Table))


def comma_separated(paper: Paper) -> bytes:
    """Its first table."""
    written = io.StringIO()
    csv.writer(written).writerows(sheet_rows(paper))
    return written.getvalue().encode("utf-8-sig")


def mail(paper: Paper) -> bytes:
    """`From`, `To` and `Date` stand in its first paragraph, a line each."""
    head, *rest = paper.parts
    assert isinstance(head, Paragraph)
    message = EmailMessage()
    for line in head.text.split("\n"):
        name, _, value = line.partition(": ")
        message[name] = value
    message["Subject"] = paper.title
    message.set_content(plain(Paper(paper.stem, paper.title, rest)).decode(), cte="base64")
    return message.as_bytes()


# ---- archives

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def packed(files: Mapping[str, str | bytes], *, stored_first: bool = False) -> bytes:
    """An archive of these files; `stored_first`: the first one is not compressed."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, (name, content) in enumerate(files.items()):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_STORED if stored_first and place == 0 else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return written.getvalue()


def _package(main: str, kind: str, files: Mapping[str, str], kinds: Mapping[str, str]) -> bytes:
    """`kinds` are the content types of further parts, by their paths."""
    overrides = {main: kind, **kinds}
    types = "".join(f'<Override PartName="/{path}" ContentType="{_OFFICE}.{of}"/>' for path, of in overrides.items())
    head = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": _relations([("r1", f"{_RELATED}/officeDocument", main)]),
    }
    return packed({**head, **files})


def _relations(entries: Sequence[tuple[str, str, str]]) -> str:
    each = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{to}"/>' for name, kind, to in entries)
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def word(paper: Paper) -> bytes:
    body = "".join(_word(part) for part in paper.parts)
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr></w:style>'
        for level in (1, 2, 3)
    )
    files = {
        "word/document.xml": f'{_XML}<w:document xmlns:w="{_WORDS}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'{_XML}<w:styles xmlns:w="{_WORDS}">{styles}</w:styles>',
        "word/_rels/document.xml.rels": _relations([("r1", f"{_RELATED}/styles", "styles.xml")]),
    }
    kinds = {"word/styles.xml": "wordprocessingml.styles+xml"}
    return _package("word/document.xml", "wordprocessingml.document.main+xml", files, kinds)


def _word(part: Part) -> str:
    match part:
        case Heading(level, text):
            return _word_line(text, f'<w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>')
        case Paragraph(text):
            return "".join(_word_line(line) for line in text.split("\n"))
        case Items(texts):
            return "".join(_word_line(f"\u2022 {text}") for text in texts)
        case Table(rows):
            cells = (f"<w:tr>{''.join(f'<w:tc>{_word_line(cell)}</w:tc>' for cell in row)}</w:tr>" for row in rows)
            return f"<w:tbl>{''.join(cells)}</w:tbl>"


def _word_line(text: str, style: str = "") -> str:
    return f'<w:p>{style}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def workbook(paper: Paper) -> bytes:
    """Each table a sheet, named by the heading above it."""
    sheets, name = dict[str, Sequence[Sequence[str]]](), paper.title
    for part in paper.parts:
        if isinstance(part, Heading):
            name = part.text
        elif isinstance(part, Table):
            sheets[name[:31]] = part.rows
    names = list(sheets)
    listed = "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(names, 1))
    files = {
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_SHEETS}" xmlns:r="{_RELATED}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [(f"r{i}", f"{_RELATED}/worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)]
        ),
        **{f"xl/worksheets/sheet{i}.xml": _sheet(sheets[name]) for i, name in enumerate(names, 1)},
    }
    kinds = {f"xl/worksheets/sheet{i}.xml": "spreadsheetml.worksheet+xml" for i in range(1, len(names) + 1)}
    return _package("xl/workbook.xml", "spreadsheetml.sheet.main+xml", files, kinds)


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    def cell(row: int, column: int, text: str) -> str:
        place = f"{chr(ord('A') + column)}{row}"
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'

    written = (
        f'<row r="{row}">{"".join(cell(row, column, text) for column, text in enumerate(cells))}</row>'
        for row, cells in enumerate(rows, 1)
    )
    return f'{_XML}<worksheet xmlns="{_SHEETS}"><sheetData>{"".join(written)}</sheetData></worksheet>'


def slides(paper: Paper) -> bytes:
    """A slide for each heading, with what stands under it."""
    numbers = range(1, 1 + len(shown := list(_slides(paper))))
    listed = "".join(f'<p:sldId id="{255 + i}" r:id="r{i}"/>' for i in numbers)
    files = {
        "ppt/presentation.xml": f'{_XML}<p:presentation xmlns:p="{_SLIDES}" xmlns:r="{_RELATED}">'
        f"<p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": _relations(
            [(f"r{i}", f"{_RELATED}/slide", f"slides/slide{i}.xml") for i in numbers]
        ),
        **{f"ppt/slides/slide{i}.xml": _slide(title, texts) for i, (title, texts) in enumerate(shown, 1)},
    }
    kinds = {f"ppt/slides/slide{i}.xml": "presentationml.slide+xml" for i in numbers}
    return _package("ppt/presentation.xml", "presentationml.presentation.main+xml", files, kinds)


def _slides(paper: Paper) -> Iterator[tuple[str, Sequence[str]]]:
    title, texts = paper.title, list[str]()
    for part in paper.parts:
        match part:
            case Heading(_, text):
                if texts:
                    yield title, texts
                title, texts = text, []
            case Paragraph(text):
                texts.append(text)
            case Items(items):
                texts.extend(items)
            case Table(rows):
                texts.extend(" - ".join(row) for row in rows)
    if texts:
        yield title, texts


def _slide(title: str, texts: Sequence[str]) -> str:
    def shape(number: int, kind: str, lines: Sequence[str]) -> str:
        said = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
        return (
            f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="{kind}"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}"/></p:nvPr>'
            f"</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>{said}</p:txBody></p:sp>"
        )

    return (
        f'{_XML}<p:sld xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}"><p:cSld><p:spTree><p:nvGrpSpPr>'
        f'<p:cNvPr id="1" name=""/>'
        f"<p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shape(2, 'title', [title])}{shape(3, 'body', texts)}"
        f"</p:spTree></p:cSld></p:sld>"
    )


def book(paper: Paper) -> bytes:
    """An EPUB of one chapter."""
    page = html(paper).decode().replace("<!doctype html><html", '<html xmlns="http://www.w3.org/1999/xhtml"')
    page = page.replace('<meta charset="utf-8">', '<meta charset="utf-8"/>')
    container = (
        f'{_XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        f'<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        f'{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">{escape(paper.stem)}'
        f"</dc:identifier><dc:title>{escape(paper.title)}</dc:title><dc:language>{paper.language}</dc:language>"
        f'</metadata><manifest><item id="c1" href="c1.xhtml" media-type="application/xhtml+xml"/></manifest>'
        f'<spine><itemref idref="c1"/></spine></package>'
    )
    files = {"mimetype": "application/epub+zip", "META-INF/container.xml": container}
    return packed({**files, "book.opf": package, "c1.xhtml": page}, stored_first=True)


def open_text(paper: Paper) -> bytes:
    """OpenDocument."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    said = "".join(_open_text(part) for part in paper.parts)
    content = (
        f'{_XML}<office:document-content xmlns:office="{urn}:office:1.0" xmlns:text="{urn}:text:1.0" '
        f'xmlns:table="{urn}:table:1.0" office:version="1.2"><office:body><office:text>{said}</office:text>'
        f"</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        f'{_XML}<manifest:manifest xmlns:manifest="{urn}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/><manifest:file-entry manifest:full-path="content.xml" '
        f'manifest:media-type="text/xml"/></manifest:manifest>'
    )
    files = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}
    return packed(files, stored_first=True)


def _open_text(part: Part) -> str:
    match part:
        case Heading(level, text):
            return f'<text:h text:outline-level="{level}">{escape(text)}</text:h>'
        case Paragraph(text):
            return "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
        case Items(texts):
            items = "".join(f"<text:list-item><text:p>{escape(text)}</text:p></text:list-item>" for text in texts)
            return f"<text:list>{items}</text:list>"
        case Table(rows):
            return f"<table:table>{''.join(_open_row(row) for row in rows)}</table:table>"


def _open_row(cells: Sequence[str]) -> str:
    each = (f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in cells)
    return f"<table:table-row>{''.join(each)}</table:table-row>"


def rich_text(paper: Paper) -> bytes:
    def said(text: str) -> str:
        return "".join(
            letter if letter.isascii() and letter not in "\\{}" else f"\\u{_signed(ord(letter))}?" for letter in text
        )

    lines = [line for line in plain(paper).decode().split("\n") if line.strip()]
    return ("{\\rtf1\\ansi\n" + "\n".join(f"{said(line)}\\par" for line in lines) + "}").encode("ascii")


def _signed(number: int) -> int:
    return number - 65_536 if number > 32_767 else number


# ---- PDF


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: int


def pdf(paper: Paper) -> bytes:
    """Headings are larger; tables are rows of cells with wide gaps. Chinese is in a font that is not embedded, with the
    table that says which codes are which letters (ISO 32000, 9.10.3).
    """
    lines = [line for part in paper.parts for line in _pdf_lines(part, paper.language)]
    pages = [lines[place : place + LINES_A_PAGE] for place in range(0, len(lines), LINES_A_PAGE)]
    return pdf_of([_page(page, paper.language) for page in pages], paper.language)


def pdf_of(streams: Sequence[bytes], language: str = "en") -> bytes:
    """A PDF with a page for each stream of drawing."""
    first = 8
    kids = " ".join(f"{first + 2 * place} 0 R" for place in range(len(streams)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(streams)}>>".encode(),
        *_fonts(language),
    ]
    for place, stream in enumerate(streams):
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 {PAGE_HEIGHT}]/Contents {first + 1 + 2 * place} 0 R"
        objects += [f"{page}/Resources<</Font<</F1 3 0 R>>>>>>".encode(), _stream(stream)]
    return _numbered(objects)


def _fonts(language: str) -> Sequence[bytes]:
    """Objects 3 to 7; the first of them is the font."""
    if language == "en":
        return [b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>", *([b"<<>>"] * 4)]
    unicode_map = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        b"1 beginbfrange <0000> <FFFF> <0000> endbfrange\nendcmap end end"
    )
    return [
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/Identity-H/DescendantFonts[4 0 R]"
        b"/ToUnicode 6 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/STSong-Light/DW 1000/FontDescriptor 5 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800"
        b"/Descent -200/CapHeight 700/StemV 80>>",
        _stream(unicode_map),
        b"<<>>",
    ]


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _numbered(objects: Sequence[bytes]) -> bytes:
    content, places = b"%PDF-1.4\n", list[int]()
    for number, each in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return content + end % (size, table, size, len(content))


def _pdf_lines(part: Part, language: str) -> Iterator[_Line]:
    wide = 95 if language == "en" else 42
    match part:
        case Heading(level, text):
            yield _Line("", SIZES[0])
            yield _Line(text, SIZES[level])
            yield _Line("", SIZES[0])
        case Paragraph(text):
            for line in text.split("\n"):
                yield from (_Line(words, SIZES[0]) for words in _wrapped(line, wide))
            yield _Line("", SIZES[0])
        case Items(texts):
            for text in texts:
                yield from (_Line(words, SIZES[0]) for words in _wrapped(f"- {text}", wide))
            yield _Line("", SIZES[0])
        case Table(rows):
            for row in rows:
                yield _Line("    ".join(row), SIZES[0])
            yield _Line("", SIZES[0])


def _wrapped(text: str, wide: int) -> Sequence[str]:
    if text.isascii():
        return textwrap.wrap(text, wide) or [""]
    return [text[place : place + wide] for place in range(0, len(text), wide)]


def _page(lines: Sequence[_Line], language: str) -> bytes:
    said = bytearray()
    for place, line in enumerate(lines):
        if line.text:
            height = TOP - place * LEADING
            said += b"BT /F1 %d Tf %d %d Td %s Tj ET\n" % (line.size, MARGIN, height, _shown(line.text, language))
    return bytes(said)


def _shown(text: str, language: str) -> bytes:
    if language == "en":
        raw = text.encode("cp1252")
        return b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"
    return b"<" + text.encode("utf-16-be").hex().encode() + b">"


WRITERS: Mapping[str, Callable[[Paper], bytes]] = {
    ".md": markdown,
    ".txt": plain,
    ".html": html,
    ".csv": comma_separated,
    ".eml": mail,
    ".docx": word,
    ".xlsx": workbook,
    ".pptx": slides,
    ".epub": book,
    ".odt": open_text,
    ".rtf": rich_text,
    ".pdf": pdf,
}
