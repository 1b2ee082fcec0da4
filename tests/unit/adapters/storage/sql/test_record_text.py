"""Records of a run as they lie in the journal."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.adapters.storage.sql import json_text
from loomwork.adapters.storage.sql.record_text import UnknownFormat, decode, encode
from loomwork.engine.ports import Record, RecordKind
from loomwork.engine.variables import File

ANY_TEXT = st.text(st.characters(codec=None))
FILES = st.builds(
    File,
    st.sampled_from(["image", "document", "audio", "video", "custom"]),
    ANY_TEXT,
    url=st.none() | ANY_TEXT,
    related_id=st.none() | ANY_TEXT,
    size=st.integers(),
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT | FILES
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=10)
RECORDS = st.builds(
    Record,
    st.integers(1, 2**31),
    st.sampled_from(get_args(RecordKind)),
    st.integers(0, 2**31),
    st.floats(0, 1e9),
    st.none() | ANY_TEXT,
    ANY_TEXT,
    st.dictionaries(ANY_TEXT, VALUES),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(RECORDS, max_size=3))
def test_every_record_comes_back_as_it_went_in(records: list[Record]) -> None:
    assert decode(encode(records)) == records


def test_no_data_can_pass_for_a_file() -> None:
    """Not even what was copied out of another row, with its tag."""
    file = File("image", "local_file", related_id="f")
    first = encode([Record(1, "succeeded", 1, 0.0, data={"file": file})])
    stolen = json_text.decode(first)
    again = Record(2, "succeeded", 2, 0.0, data={"stolen": stolen, "file": file})
    assert decode(encode([again])) == [again]
    without_file = Record(3, "succeeded", 3, 0.0, data=stolen)
    assert decode(encode([without_file])) == [without_file]


def test_each_row_has_a_tag_of_its_own_and_none_where_there_is_no_file() -> None:
    file = Record(1, "succeeded", 1, 0.0, data={"file": File("image", "local_file")})
    assert json_text.decode(encode([file]))["tag"] != json_text.decode(encode([file]))["tag"]
    assert "tag" not in json_text.decode(encode([Record(1, "began", 0, 0.0)]))


def test_what_says_nothing_takes_no_room() -> None:
    assert encode([Record(1, "began", 0, 0.0)]) == '{"v":1,"records":[{"n":1,"k":"began","s":0,"t":0.0}]}'


def test_the_form_of_this_release_is_read_by_every_later_one() -> None:
    row = (
        '{"v":1,"records":[{"n":7,"k":"succeeded","s":12,"t":1.5,"i":"node","f":"loop:2",'
        '"d":{"outputs":{"file":{"ab12":{"type":"image","transfer_method":"local_file","url":null,"related_id":"f",'
        '"name":"a.png","extension":".png","mime_type":"image/png","size":5}}}}}],"tag":"ab12"}'
    )
    file = File("image", "local_file", None, "f", "a.png", ".png", "image/png", 5)
    assert decode(row) == [Record(7, "succeeded", 12, 1.5, "node", "loop:2", {"outputs": {"file": file}})]


def test_the_form_of_a_newer_release_gets_a_sentence() -> None:
    with pytest.raises(UnknownFormat, match="format 2"):
        decode('{"v":2,"records":[]}')


@pytest.mark.parametrize("value", [object(), b"bytes"])
def test_what_json_cannot_say_gets_a_sentence(value: Any) -> None:
    with pytest.raises(json_text.NotStorable, match="cannot be stored as JSON"):
        encode([Record(1, "succeeded", 1, 0.0, data={"deep": [value]})])
