"""Papers are searched as the manual of arXiv has it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from loomwork.kernel.scope import embedded_scope
from loomwork.tools.api import ToolFailed, ToolRefused
from tests.contracts.tools.exchanging import OtherSide, SaidResponse, shipped_tools

OURS = embedded_scope()
FEED = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title>
<entry><id>http://arxiv.org/abs/1706.03762v7</id><published>2017-06-12T17:57:34Z</published>
<title>Attention Is All
  You Need</title><summary>  The dominant models. </summary><author><name>A. V.</name></author>
<author><name>N. S.</name></author></entry></feed>"""
ERROR = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry>
<id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>incorrect id format</summary></entry></feed>"""


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("electron thermal", {"search_query": ["all:electron AND all:thermal"]}),
        ("au:del_maestro AND ti:checkerboard", {"search_query": ["au:del_maestro AND ti:checkerboard"]}),
        ("1706.03762", {"id_list": ["1706.03762"]}),
        ("arXiv:hep-th/9901001v2", {"id_list": ["hep-th/9901001v2"]}),
        ('graphs" OR (x)', {"search_query": ["all:graphs AND all:OR AND all:x"]}),
    ],
)
async def test_words_fields_and_ids_are_asked_for(query: str, asked: dict[str, list[str]]) -> None:
    other_side = OtherSide([SaidResponse(body=FEED)])
    result = await shipped_tools(other_side).call(OURS, "arxiv/arxiv_search", {"query": query}, key="k")
    url = urlsplit(other_side.asked[0].url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://export.arxiv.org/api/query"
    assert parse_qs(url.query) == {**asked, "start": ["0"], "max_results": ["3"]}
    (paper,) = result.json[0]["papers"]
    assert (paper["title"], paper["authors"], paper["published"]) == (
        "Attention Is All You Need",
        ["A. V.", "N. S."],
        "2017-06-12",
    )
    assert [link.url for link in result.links] == ["http://arxiv.org/abs/1706.03762v7"]
    assert "web" in result.marks


async def test_an_error_that_looks_like_an_answer_is_one() -> None:
    tools = shipped_tools(OtherSide([SaidResponse(body=ERROR)]))
    with pytest.raises(ToolRefused, match="incorrect id format"):
        await tools.call(OURS, "arxiv/arxiv_search", {"query": "x"}, key="k")


@pytest.mark.parametrize("answer", [SaidResponse(body="<html>busy</html>"), SaidResponse(status=503)])
async def test_what_is_no_feed_is_a_failure(answer: SaidResponse) -> None:
    tools = shipped_tools(OtherSide([answer]))
    with pytest.raises(ToolFailed):
        await tools.call(OURS, "arxiv/arxiv_search", {"query": "x"}, key="k")
