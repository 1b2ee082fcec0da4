"""Blocks out of the formats that a library reads: PDF, office files, e-books, and images that show text."""

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kreuzberg import (
    ConcurrencyConfig,
    ExtractionConfig,
    ExtractionResult,
    KreuzbergError,
    OcrConfig,
    PageConfig,
    extract_bytes_sync,
    list_ocr_backends,
)

from loomwork.adapters.documents.blocks import blocks_of_markdown
from loomwork.adapters.documents.bombs import Locked, check_archive, check_image, is_locked_office
from loomwork.adapters.documents.formats import BEGINNINGS, IMAGES, OFFICE, PAGED, SLIDES
from loomwork.adapters.documents.pages import blocks_of_marked, blocks_of_nodes
from loomwork.knowledge.domain.parsed import ParsedDocument

TITLE_SHOWN = 200
AN_EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj trailer<</Size 4/Root 1 0 R>>\n%%EOF"
)
ARCHIVES = BEGINNINGS[b"PK\x03\x04"]
_LOCKED = re.compile(r"password|encrypted", re.IGNORECASE)


def extracted(kind: str, content: bytes) -> ParsedDocument:
    """Of a document with this extension. Raises `TooMuch`, `Locked`, and whatever the library raises."""
    if kind in IMAGES:
        return _image(kind, content)
    if is_locked_office(content):
        raise Locked
    if kind in ARCHIVES:
        check_archive(content)
    try:
        return _slides(kind, content) if kind in SLIDES else _document(kind, content)
    except KreuzbergError as error:
        if _LOCKED.search(str(error)):
            raise Locked from None
        raise


def _document(kind: str, content: bytes) -> ParsedDocument:
    result = _extract(content, OFFICE[kind])
    if kind == ".pdf" and not result.content.strip() and (languages := languages_here()):
        result = _extract(content, OFFICE[kind], ocr=languages)
    return _parsed(kind, result)


def warm() -> None:
    """Load what the library loads late, from files that cannot be read any more behind walls."""
    list_ocr_backends()  # which makes them known
    with contextlib.suppress(KreuzbergError):
        _extract(AN_EMPTY_PDF, OFFICE[".pdf"])


def languages_here() -> Sequence[str]:
    """Those whose writing can be recognized on this machine, by the names that tesseract has for them."""
    folder = os.environ.get("TESSDATA_PREFIX", "")
    found = {path.stem for path in Path(folder).glob("*.traineddata")} if folder else set()
    return sorted(found - {"osd", "snum", "equ"}, key=lambda name: (name != "eng", name))[:6]


def _image(kind: str, content: bytes) -> ParsedDocument:
    check_image(content)
    return ParsedDocument(blocks_of_markdown(_extract(content, IMAGES[kind], ocr=languages_here()).content))


def _extract(
    content: bytes, media_type: str, *, ocr: Sequence[str] | None = None, marker: str = ""
) -> ExtractionResult:
    options: dict[str, Any] = {
        "output_format": "markdown",
        "use_cache": False,  # so that nothing of a document stays behind
        "include_document_structure": True,
        "disable_ocr": ocr is None,
        "force_ocr": ocr is not None,
        "concurrency": ConcurrencyConfig(max_threads=1),
    }
    if ocr is not None:
        options["ocr"] = OcrConfig(backend="tesseract", language="+".join(ocr))
    if marker:
        options["pages"] = PageConfig(insert_page_markers=True, marker_format=f"\n\n{marker}{{page_num}}\n\n")
    return extract_bytes_sync(content, media_type, ExtractionConfig(**options))


def _slides(kind: str, content: bytes) -> ParsedDocument:
    """No text can hold the marker: it is made anew for each document."""
    marker = f"page{os.urandom(8).hex()}n"
    result = _extract(content, OFFICE[kind], marker=marker)
    blocks, pages = blocks_of_marked(result.content, marker)
    return ParsedDocument(blocks, title=_title(result.metadata), pages=pages or None)


def _parsed(kind: str, result: ExtractionResult) -> ParsedDocument:
    title = _title(result.metadata)
    structure: Any = result.document if kind in PAGED else None
    nodes: Sequence[Mapping[str, Any]] = structure["nodes"] if structure else ()
    if not nodes:
        return ParsedDocument(blocks_of_markdown(result.content), title=title)
    blocks = blocks_of_nodes(nodes)
    last = max((block.page or 0 for block in blocks), default=0)
    return ParsedDocument(blocks, title=title, pages=max(last, result.get_page_count()) or None)


def _title(metadata: Mapping[str, Any]) -> str:
    core = metadata.get("core_properties")
    found = metadata.get("title") or (core.get("title") if isinstance(core, dict) else "")
    return " ".join(str(found or "").split())[:TITLE_SHOWN]
