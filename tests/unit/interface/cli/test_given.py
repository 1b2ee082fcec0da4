"""What people give: names and values, read as the form's fields say."""

from pathlib import Path
from typing import Any

import pytest

from loomwork.apps.api import FormField
from loomwork.engine.variables import File
from loomwork.interface.cli.given import form_inputs, system_files
from loomwork.kernel.errors import InvalidInput


def field(kind: str, *, required: bool = False, **about: Any) -> FormField:
    return FormField(variable="it", label="It", type=kind, required=required, **about)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("text-input", "7", "7"),
        ("paragraph", "a=b=c", "a=b=c"),
        ("number", "7", 7),
        ("number", "-7.5", -7.5),
        ("number", "1e3", 1000.0),
        ("checkbox", "Yes", True),
        ("checkbox", "off", False),
        ("json_object", '{"a": [1]}', {"a": [1]}),
    ],
)
def test_a_value_is_read_as_its_field_says(kind: str, written: str, value: object) -> None:
    inputs = form_inputs([field(kind)], [f"it={written}"], [])
    assert inputs == {"it": value}
    assert type(inputs["it"]) is type(value)


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("number", "seven", "must be a number"),
        ("number", "1e400", "must be a finite number, not '1e400'"),
        ("number", "NaN", "must be a finite number, not 'NaN'"),
        ("number", "-inf", "must be a finite number, not '-inf'"),
        ("checkbox", "perhaps", "must be true or false"),
        ("json_object", "{", "must be a JSON object; the text breaks at character 2"),
        ("json_object", '{"a": NaN}', "must not hold NaN or Infinity"),
        ("json_object", '{"a":' * 200 + "1" + "}" * 200, "nested more than 100 levels"),
        ("select", "en", "has no options"),
        ("file", "report.pdf", "write --file it=report.pdf"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(kind: str, written: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        form_inputs([field(kind)], [f"it={written}"], [])


def test_an_empty_text_is_no_answer_to_a_required_question() -> None:
    with pytest.raises(InvalidInput, match=r"This app needs it \(paragraph\). Give -i it=..."):
        form_inputs([field("paragraph", required=True)], ["it="], [])
    assert form_inputs([field("paragraph")], ["it="], []) == {"it": ""}
    assert form_inputs([field("paragraph", required=True, default="Hi")], ["it="], []) == {"it": ""}


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    form = [field("select", options=("en", "zh"))]
    with pytest.raises(InvalidInput, match=r"no input 'lang'. It has: it \(select: en, zh\)"):
        form_inputs(form, ["lang=en"], [])
    with pytest.raises(InvalidInput, match="It takes no inputs"):
        form_inputs([], ["lang=en"], [])


@pytest.mark.parametrize("default", [None, ""])
def test_what_is_required_must_be_there(default: str | None) -> None:
    with pytest.raises(InvalidInput, match=r"needs it \(text-input\). Give -i it=\.\.\."):
        form_inputs([field("text-input", required=True, default=default)], [], [])


def test_a_default_fulfils_a_requirement() -> None:
    assert form_inputs([field("text-input", required=True, default="x")], [], []) == {"it": "x"}


def test_one_of_the_options_is_chosen() -> None:
    assert form_inputs([field("select", options=("en", "zh"))], ["it=zh"], []) == {"it": "zh"}


def test_a_file_may_be_left_empty() -> None:
    assert form_inputs([field("file")], ["it="], []) == {"it": ""}


def test_a_json_input_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"a": 1}')
    assert form_inputs([field("json_object")], [], [f"it={path}"]) == {"it": {"a": 1}}


def test_a_file_for_a_text_field_is_its_text(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_bytes(b"\xef\xbb\xbflong text")
    assert form_inputs([field("paragraph")], [], [f"it={path}"]) == {"it": "long text"}
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        form_inputs([field("paragraph")], [], [f"it={path}"])


def test_files_for_a_list_add_up(tmp_path: Path) -> None:
    pairs = []
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
        pairs.append(f"it={tmp_path / name}")
    files = form_inputs([field("file-list")], [], pairs)["it"]
    assert [file.name for file in files] == ["a.txt", "b.txt"]


def test_files_of_the_run_are_apart_from_the_form(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    pair = f"sys.files={tmp_path / 'a.txt'}"
    assert form_inputs([], [], [pair]) == {}
    [file] = system_files([pair])
    assert isinstance(file, File)
    assert file.name == "a.txt"


def test_an_address_is_a_file_too() -> None:
    url = "https://example.org/a.png"
    file = form_inputs([field("file")], [f"it={url}"], [])["it"]
    assert (file.url, file.type, file.name) == (url, "image", "a.png")
