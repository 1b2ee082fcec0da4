"""The words that texts are found by."""

import pytest

from loomwork.knowledge.domain.words import LONGEST, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (' \n.,;!?()[]"*^:-', []),
        ("The Straße, THE end.", ["the", "strasse", "the", "end"]),
        ("Ｆｕｌｌ ｗｉｄｔｈ", ["full", "width"]),
        ("知识库", ["知识", "识库"]),
        ("我 and 你", ["我", "and", "你"]),
        ("データベースを使う", ["デー", "ータ", "タベ", "ベー", "ース", "スを", "を使", "使う"]),
        ("用Python写", ["用", "python", "写"]),
        ("E-4471", ["e4471", "e", "4471"]),
        ("e4471", ["e4471", "e", "4471"]),
        ("RFC 7519", ["rfc", "7519", "rfc7519"]),
        ("RFC-7519", ["rfc7519", "rfc", "7519"]),
        ("well-known", ["wellknown", "well", "known"]),
        ("v2.10.3", ["v2103", "v", "2", "10", "3"]),
        ("नमस्ते", ["नमस्ते"]),
        ('a" OR "b* NEAR(x)', ["a", "or", "b", "near", "x"]),
    ],
)
def test_a_text_is_cut_into_its_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_what_is_written_with_and_without_a_dash_meets() -> None:
    assert "rfc7519" in set(words_of("see RFC 7519")) & set(words_of("rfc-7519")) & set(words_of("RFC7519"))


def test_a_word_without_end_is_cut() -> None:
    assert words_of("x" * 10_000) == ["x" * LONGEST]


def test_no_word_holds_a_sign_that_a_query_language_could_read() -> None:
    for sign in map(chr, range(128)):
        for word in words_of(f"a{sign}b {sign} c{sign}"):
            assert word.isalnum()
