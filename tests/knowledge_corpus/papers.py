"""The papers of Halden & Moor and of its Chinese sister, and what people ask of them.

What is asked for was written by hand, once each (`facts_*.txt`); around it stand the sentences of everyday work that
any company's papers are full of, put together from phrases by chance that is the same each time.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.knowledge_corpus.writers import Heading, Items, Paper, Paragraph, Part, Table, write

HERE = Path(__file__).parent
LETTERS_A_PAGE = {"en": 2600, "zh": 1300}
"""Of running text on a printed page."""

TOPICS = 2
"""Of everyday work, in each section."""

FILES: Mapping[str, Mapping[str, tuple[str, str, int]]] = {
    "en": {
        "handbook": (".pdf", "Handbook of Halden & Moor", 36),
        "travel": (".docx", "Travel policy", 18),
        "security": (".md", "Security policy", 16),
        "aurora": (".html", "Aurora 300: manual", 14),
        "tern": (".epub", "Tern garden pump: manual", 14),
        "kestrel": (".pdf", "Kestrel sensor: manual", 14),
        "minutes-board": (".docx", "Minutes of the board, March", 10),
        "minutes-works": (".odt", "Minutes of the works council", 9),
        "mail-delay": (".eml", "Container late", 1),
        "mail-recall": (".eml", "Recall of lanterns", 1),
        "mail-audit": (".eml", "Visit of the auditor", 1),
        "mail-party": (".eml", "Summer party", 1),
        "mail-key": (".eml", "Archive", 1),
        "slides": (".pptx", "All hands, spring", 8),
        "faq": (".csv", "Questions of customers", 1),
        "prices": (".xlsx", "Price list", 4),
        "parts": (".csv", "Spare parts in store", 3),
    },
    "zh": {
        "handbook": (".pdf", "员工手册", 36),
        "travel": (".docx", "差旅制度", 18),
        "security": (".md", "信息安全制度", 16),
        "lamp": (".html", "晨曦二号使用手册", 14),
        "pump": (".epub", "海燕花园水泵使用手册", 14),
        "sensor": (".pdf", "雨燕传感器使用手册", 14),
        "minutes-board": (".docx", "董事会三月会议纪要", 10),
        "minutes-works": (".odt", "职工委员会会议纪要", 9),
        "mail-delay": (".eml", "集装箱晚到", 1),
        "mail-recall": (".eml", "提灯召回", 1),
        "mail-audit": (".eml", "审计来访", 1),
        "mail-party": (".eml", "年会", 1),
        "mail-key": (".eml", "档案室", 1),
        "slides": (".pptx", "春季全员大会", 8),
        "faq": (".csv", "客户常见问题", 1),
        "prices": (".xlsx", "价目表", 4),
        "parts": (".csv", "库房配件清单", 3),
    },
}
FAQ = {
    "en": [
        "When is my payment returned?",
        "How long are parts supplied?",
        "Who gets a discount?",
        "How is it updated?",
    ],
    "zh": ["退款要多久？", "配件供应多久？", "谁可以打折？", "如何升级？"],
}
HEADS = {
    "en": {
        "prices": ["Article", "Product", "Price", "Delivery"],
        "parts": ["Part", "Name", "Bin", "Stock"],
        "faq": ["Question", "Answer"],
    },
    "zh": {
        "prices": ["货号", "产品", "价格", "交货期"],
        "parts": ["编号", "名称", "货位", "库存"],
        "faq": ["问题", "答案"],
    },
}
WARES = {
    "en": (
        "Aurora Borealis Tern Kestrel Plover Merlin Linnet Sanderling",
        "oak ash walnut brass copper chalk slate sand",
    ),
    "zh": ("晨曦 北极光 海燕 雨燕 白鹭 云雀 翠鸟 沙鸥", "胡桃木 白蜡木 黄铜 紫铜 石墨 月白 沙色 竹青"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    stem: str
    section: str
    said: str
    asked: str


@dataclass(frozen=True, slots=True)
class Question:
    """`passage` is the sentence, or the row with bars between its cells, that answers it; it stands in `file`."""

    text: str
    language: str
    file: str
    passage: str


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    language: str
    pages: int


@cache
def files() -> Sequence[File]:
    """All papers as files. Names begin with the language."""
    return [
        File(f"{paper.language}-{paper.stem}{extension}", write(paper, extension), paper.language, pages_of(paper))
        for paper, extension in _papers()
    ]


@cache
def questions() -> Sequence[Question]:
    """Sixty in each language."""
    found: list[Question] = []
    for language in FILES:
        for fact in facts(language):
            extension = FILES[language][fact.stem][0]
            said = " | ".join(_row(language, fact)) if fact.section == "#" else fact.said
            found.append(Question(fact.asked, language, f"{language}-{fact.stem}{extension}", said))
    return found


def answers(question: Question, text: str) -> bool:
    """Whether a passage that was found holds the answer. White space and the bars of tables do not count."""
    return _bare(question.passage) in _bare(text)


def pages_of(paper: Paper) -> int:
    """As many as it would fill when it was printed, at least one."""
    letters = sum(len(text) for part in paper.parts for text in _texts(part))
    return max(1, round(letters / LETTERS_A_PAGE[paper.language]))


@cache
def facts(language: str) -> Sequence[Fact]:
    lines = (HERE / f"facts_{language}.txt").read_text(encoding="utf-8").splitlines()
    return [Fact(*(cell.strip() for cell in line.split(" | "))) for line in lines if line]


def _bare(text: str) -> str:
    return "".join(letter for letter in text if not letter.isspace() and letter not in "|\\")


def _texts(part: Part) -> Iterator[str]:
    match part:
        case Heading(_, text) | Paragraph(text):
            yield text
        case Items(texts):
            yield from texts
        case Table(rows):
            yield from (cell for row in rows for cell in row)


def _papers() -> Iterator[tuple[Paper, str]]:
    for language, papers in FILES.items():
        for stem, (extension, title, pages) in papers.items():
            chance = random.Random(f"{language}-{stem}")
            own = [fact for fact in facts(language) if fact.stem == stem]
            parts = _parts(stem, title, language, own, pages, chance)
            yield Paper(stem, title, parts, language), extension


def _parts(
    stem: str, title: str, language: str, own: Sequence[Fact], pages: int, chance: random.Random
) -> Sequence[Part]:
    if stem in ("prices", "parts"):
        return _sheets(stem, language, own, chance)
    if stem == "faq":
        rows = [[asked, fact.said] for asked, fact in zip(FAQ[language], own, strict=True)]
        return [Table([HEADS[language]["faq"], *rows])]
    if stem.startswith("mail-"):
        people = (
            "From: facilities@haldenmoor.example\nTo: all@haldenmoor.example\nDate: Mon, 02 Mar 2026 09:15:00 +0000"
        )
        return [
            Paragraph(people),
            _everyday(language, chance, 3),
            Paragraph(own[0].said),
            _everyday(language, chance, 4),
        ]
    return [Heading(1, title), *_chapters(language, own, pages, chance)]


def _chapters(language: str, own: Sequence[Fact], pages: int, chance: random.Random) -> Iterator[Part]:
    sections = list(dict.fromkeys(fact.section for fact in own))
    wanted = pages * LETTERS_A_PAGE[language]
    each = wanted // (TOPICS * len(sections))
    for section in sections:
        yield Heading(2, section)
        said = [fact.said for fact in own if fact.section == section]
        for sentence in said:
            yield _everyday(language, chance, 2)
            # What is asked for stands among other sentences, as it would.
            before, after = _everyday(language, chance, 1).text, _everyday(language, chance, 2).text
            yield Paragraph(_spaced(language, [before, sentence, after]))
        for topic in chance.sample(_phrases(language)["topic"], TOPICS):
            yield Heading(3, topic)
            yield from _everyday_paragraphs(language, chance, each)


def _everyday_paragraphs(language: str, chance: random.Random, letters: int) -> Iterator[Part]:
    written = 0
    while written < letters:
        if chance.random() < 0.15:
            part: Paragraph | Items = Items([_everyday(language, chance, 1).text for _ in range(4)])
        else:
            part = _everyday(language, chance, chance.randint(3, 6))
        written += sum(map(len, _texts(part)))
        yield part


def _everyday(language: str, chance: random.Random, sentences: int) -> Paragraph:
    return Paragraph(_spaced(language, [_sentence(language, chance) for _ in range(sentences)]))


def _sentence(language: str, chance: random.Random) -> str:
    phrases = _phrases(language)
    when, who, does, why = (chance.choice(phrases[name]) for name in ("when", "who", "does", "why"))
    return f"{when}, {who} {does}, {why}." if language == "en" else f"{when}，{who}会{does}，{why}。"


def _spaced(language: str, sentences: Sequence[str]) -> str:
    return (" " if language == "en" else "").join(sentences)


@cache
def _phrases(language: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in (HERE / f"phrases_{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            name = line[2:]
        elif line:
            found.setdefault(name, []).append(line)
    return found


def _sheets(stem: str, language: str, own: Sequence[Fact], chance: random.Random) -> Sequence[Part]:
    rows = [_row(language, fact) for fact in own]
    names, looks = (words.split() for words in WARES[language])
    for place, (name, look) in enumerate((name, look) for name in names for look in looks):
        said = f"{name} {look}" if language == "en" else f"{name}，{look}"
        rows.append(_filled(language, stem, f"{'RX' if stem == 'prices' else 'QB'}-{3000 + 37 * place}", said))
    chance.shuffle(rows)
    head = HEADS[language][stem]
    if stem == "parts":
        return [Table([head, *rows])]
    half = len(rows) // 2
    first, second = ("Indoors", "Outdoors") if language == "en" else ("室内", "户外")
    return [Heading(1, first), Table([head, *rows[:half]]), Heading(1, second), Table([head, *rows[half:]])]


def _row(language: str, fact: Fact) -> Sequence[str]:
    number, _, name = fact.said.partition(" ; ")
    return _filled(language, fact.stem, number, name)


def _filled(language: str, stem: str, number: str, name: str) -> Sequence[str]:
    """A row, the rest of which follows from its number."""
    chance = random.Random(number)
    if stem == "parts":
        return [number, name, f"{chance.choice('ABCDEFG')}{chance.randint(10, 99)}", str(chance.randint(3, 480))]
    price, days = chance.randint(39, 890), chance.randint(2, 30)
    if language == "en":
        return [number, name, f"{price}.50 EUR", f"{days} days"]
    return [number, name, f"{price * 8}元", f"{days}天"]
