"""Text out of the formats that need no library."""

import pytest

from loomwork.adapters.documents.blocks import markdown_of_blocks
from loomwork.adapters.documents.formats import Format, format_of
from loomwork.adapters.documents.html_text import html_to_markdown
from loomwork.adapters.documents.texts import parsed_as


@pytest.mark.parametrize(
    ("name", "mime_type", "content", "kind"),
    [
        ("a.md", "", b"# x", "markdown"),
        ("a.json", "application/json", b"{}", "json"),
        ("a.py", "", b"x = 1", "text"),
        ("a.HTML", "", b"<p>", "html"),
        ("", "text/html; charset=utf-8", b"<p>", "html"),
        ("a.csv", "text/plain", b"a,b", "csv"),
        ("a.vtt", "", b"WEBVTT", "vtt"),
        ("a.pdf", "", b"%PDF-1.7", ".pdf"),
        ("", "", b"%PDF-1.7", ".pdf"),
        ("a.bin", "application/pdf", b"\x00", ".pdf"),
        ("a.txt", "", "ü".encode() * 4000, "text"),
        ("a.txt", "", b"a" + "ü".encode() * 4000, "text"),
        ("a.txt", "", "hi".encode("utf-16"), "text"),
        ("a.png", "image/png", b"\x89PNG\x00", ".png"),
        ("", "", b"\x00", None),
        ("", "", b"", "text"),
    ],
)
def test_a_document_is_known_by_its_name_its_type_or_its_beginning(
    name: str, mime_type: str, content: bytes, kind: str | None
) -> None:
    assert format_of(content, name, mime_type) == kind


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("text", "\ufeffhi ü".encode(), "hi ü"),
        ("text", "hi".encode("utf-16"), "hi"),
        ("text", b"caf\xe9", "café"),
        ("text", "保修两年，电池除外。".encode("gb18030"), "保修两年，电池除外。"),
        ("csv", b'a,b\r\n1,"x|y\nz"\r\n\r\n2\r\n', "| a | b |\n| --- | --- |\n| 1 | x\\|y z |\n| 2 |  |"),
        ("csv", b"a;b\n1,5;2", "| a | b |\n| --- | --- |\n| 1,5 | 2 |"),
        ("csv", b"a\tb\n1\t2", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("csv", b"", ""),
        (
            "vtt",
            b"WEBVTT\n\nNOTE hi\n\n1\n00:01.000 --> 00:02.000\n<v Ann>Hello <b>you</b>\n\n"
            b"00:02.000 --> 00:03.000\n<v Ann>there\n\n00:03.000 --> 00:04.000\n<v Bob>Hi\n\n"
            b"00:04.000 --> 00:05.000\nmusic\n",
            "Ann: Hello you there\nBob: Hi\nmusic",
        ),
    ],
)
def test_content_is_read_by_its_format(kind: Format, content: bytes, text: str) -> None:
    assert markdown_of_blocks(parsed_as(kind, content).blocks) == text


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h1>Title</h1><p>One\n  two <b>three</b></p><p>Four</p>", "# Title\n\nOne two three\n\nFour"),
        ("<ul><li>a</li><li>b <i>c</i></li></ul>", "- a\n- b c"),
        ("<ul><li><p>a</p></li></ul>", "- a"),
        ("a<br>b", "a\nb"),
        ("<pre>x\n  y</pre>", "x\n  y"),
        ('<a href="https://x.example/">here</a> <a href="javascript:x()">no</a>', "here (https://x.example/) no"),
        (
            "<table><thead><tr><th>A</th><th>B</th></tr></thead><tr><td>1</td><td><p>x</p><p>y</p></td></tr></table>z",
            "| A | B |\n| --- | --- |\n| 1 | x y |\n\nz",
        ),
        ("<table><tr><td>open<td>cells<tr><td>1<td>2", "| open | cells |\n| --- | --- |\n| 1 | 2 |"),
        ("<head><title>t</title><style>p{}</style></head><body>x<script>1<2</script>y</body>", "xy"),
        ("<head><title>t</title><body>x", "x"),
        ("&lt;b&gt; &amp; &#252; &nope;", "<b> & ü &nope;"),
        ("plain < text", "plain < text"),
        ("", ""),
    ],
)
def test_a_page_reads_as_markdown(html: str, markdown: str) -> None:
    assert html_to_markdown(html) == markdown
