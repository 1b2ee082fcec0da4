"""A model looks at a question first: it asks in other words, chooses documents, and chooses a knowledge base."""

import json
from typing import Any

from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Condition, Found, Question, RetrievalSettings, Where
from tests.unit.knowledge.stand_ins import Room

CHOOSER = "small/chooser"
WRITER = "small/writer"


async def ask(room: Room, scope: Scope, *bases: str, text: str = "Which report?", **given: Any) -> Found:
    return await room.knowledge.search(scope, Question(text, bases, **given))


def how(**given: Any) -> RetrievalSettings:
    return RetrievalSettings.model_validate({"top_k": 5, **given})


def choice(*conditions: tuple[str, str, str], match: str = "all") -> str:
    said = [{"name": name, "operator": operator, "value": value} for name, operator, value in conditions]
    return f"I think: {json.dumps({'match': match, 'conditions': said}, ensure_ascii=False)}"


async def reports(room: Room, scope: Scope) -> str:
    base = await room.base(scope)
    for year in (2019, 2024, 2025):
        await room.add(scope, base, f"Report of {year}.", name=f"{year}.txt", metadata={"year": year})
    await room.index()
    return base


def years(found: Found) -> list[int]:
    return sorted(each.metadata["year"] for each in found.passages)


async def test_a_model_chooses_documents_by_what_stands_beside_them(room: Room, ours: Scope) -> None:
    base = await reports(room, ours)
    room.models.says[CHOOSER] = choice(("year", "≥", "2024"))
    found = await ask(room, ours, base, text="Which report since 2024?", settings=how(filter_model=CHOOSER))
    assert years(found) == [2024, 2025]
    assert found.notices == ["Asked were documents where year ≥ 2024."]
    (told,) = room.models.told
    assert '"2019"' in told.messages[0].text
    assert told.messages[1].text == "Which report since 2024?"
    assert told.json_schema is not None


async def test_what_it_chooses_narrows_what_was_written_and_never_widens_it(room: Room, ours: Scope) -> None:
    base = await reports(room, ours)
    written = Where(conditions=(Condition(name="year", operator="<", value=2025),))
    room.models.says[CHOOSER] = choice(("year", "=", "2025"), ("year", "=", "2024"), match="any")
    found = await ask(room, ours, base, where=written, settings=how(filter_model=CHOOSER))
    assert years(found) == [2024]


async def test_nonsense_and_what_fits_no_document_leave_all_of_them(room: Room, ours: Scope) -> None:
    base = await reports(room, ours)
    for said in ("none", "{}", "{'a'", choice(("owner", "is", "me")), choice(("year", ">", "late")), "[" * 9000):
        room.models.says[CHOOSER] = said
        found = await ask(room, ours, base, settings=how(filter_model=CHOOSER))
        assert (years(found), found.notices) == ([2019, 2024, 2025], [])
    room.models.says[CHOOSER] = choice(("year", "=", "1999"))
    found = await ask(room, ours, base, settings=how(filter_model=CHOOSER))
    assert years(found) == [2019, 2024, 2025]
    assert found.notices == ["No document fits what was chosen (year = 1999); all were asked."]
    found = await ask(room, ours, base, settings=how(filter_model="small/down"))
    assert years(found) == [2019, 2024, 2025]
    assert found.notices == ["small/down did not choose documents; all were asked."]


async def test_it_is_not_told_of_documents_that_their_asker_may_not_read(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    await room.add(ours, base, "Report of today.", name="open.txt", metadata={"deal": "small"})
    await room.add(ours, base, "Report of the board.", name="b.txt", metadata={"deal": "merger"}, readers=["board"])
    await room.index()
    room.models.says[CHOOSER] = choice()
    await ask(room, ours, base, settings=how(filter_model=CHOOSER), asker=["staff"])
    assert "merger" not in room.models.told[0].messages[0].text
    assert "b.txt" not in room.models.told[0].messages[0].text


async def test_it_is_not_asked_where_nothing_stands_beside_documents(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    await room.add(ours, base, "Report.", name="a.txt")
    await room.index()
    await ask(room, ours, base, settings=how(filter_model=CHOOSER))
    assert room.models.told == []


async def test_a_question_is_asked_in_other_words_as_well(room: Room, ours: Scope) -> None:
    base = await room.base(ours)
    await room.add(ours, base, "Trams leave every hour.\nHounds ride gratis.", name="a.txt")
    await room.index()
    only = how(method="text", top_k=1)
    assert (await ask(room, ours, base, text="Are dogs free?", settings=only)).passages == []
    room.models.says[WRITER] = json.dumps({"queries": ["hounds gratis", "Are dogs free?", 7, ""]})
    found = await ask(room, ours, base, text="Are dogs free?", settings=how(method="text", rewrite_model=WRITER))
    assert [each.text for each in found.passages] == ["Hounds ride gratis."]
    room.models.asked.clear()
    await ask(room, ours, base, text="Are dogs free?", settings=how(rewrite_model=WRITER))
    assert room.models.asked == ["Are dogs free?", "hounds gratis"]
    found = await ask(room, ours, base, text="Trams?", settings=how(rewrite_model="small/down"))
    assert found.passages[0].text == "Trams leave every hour."
    assert found.notices == [
        "small/down did not put the question in other words; it was asked as it stands.",
    ]


async def test_of_several_bases_a_model_chooses_the_one_that_is_asked(room: Room, ours: Scope) -> None:
    bases = []
    for name in ("Trams", "Food"):
        bases.append(await room.base(ours, name, description=f"All about {name.lower()}."))
        await room.add(ours, bases[-1], f"Report of {name}.", name=f"{name}.txt")
    await room.index()
    room.models.says[CHOOSER] = '{"number": 2}'
    found = await ask(room, ours, *bases, choose_with=CHOOSER)
    assert {each.knowledge_name for each in found.passages} == {"Food"}
    assert found.notices == ["small/chooser chose Food."]
    assert "2: Food. All about food." in room.models.told[0].messages[0].text
    for said in ('{"number": 3}', '{"number": true}', "Food"):
        room.models.says[CHOOSER] = said
        found = await ask(room, ours, *bases, choose_with=CHOOSER)
        assert {each.knowledge_name for each in found.passages} == {"Trams", "Food"}
        assert found.notices == ["small/chooser did not choose a knowledge base; all were asked."]
    told = len(room.models.told)
    await ask(room, ours, bases[0], choose_with=CHOOSER)
    assert len(room.models.told) == told
