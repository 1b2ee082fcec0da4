"""What a file is, how large it may be, and who takes it."""

from typing import Any

import pytest

from loomwork.apps.domain.uploaded_file import MB, kind_of, largest, media_type_of, plain_name, refusal
from loomwork.engine.variables import File


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\Users\\ada\\report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\x00.txt", "ab.txt"),
        ("  ", "file"),
        ("/", "file"),
        ("x" * 300 + ".docx", "x" * 195 + ".docx"),
    ],
)
def test_a_file_is_called_by_the_last_part_of_its_name(said: str, name: str) -> None:
    assert plain_name(said) == name


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("a.PNG", "", "image"),
        ("a.pdf", "image/png", "document"),
        ("a.mp3", "", "audio"),
        ("a.mp4", "", "video"),
        ("a.zip", "image/png", "custom"),
        ("photo", "image/png", "image"),
        ("notes", "text/plain", "document"),
        ("paper", "application/pdf", "document"),
        ("thing", "", "custom"),
    ],
)
def test_its_kind_is_what_its_name_ends_in_or_else_what_its_sender_says(name: str, said: str, kind: str) -> None:
    assert kind_of(name, said) == kind


def test_its_media_type_is_what_is_said_where_that_can_be_one() -> None:
    assert media_type_of("a.png", "image/webp") == "image/webp"
    for said in ("", "application/octet-stream", "image/png\r\nX: y", "nonsense"):
        assert media_type_of("a.png", said) == "image/png"
    assert media_type_of("a.loomwork", "") == "application/octet-stream"


@pytest.mark.parametrize(
    ("config", "most"),
    [
        ({}, 10),
        ({"image_file_size_limit": 2}, 2),
        ({"image_file_size_limit": 0.5}, 0.5),
        ({"image_file_size_limit": 5000}, 10),
        ({"image_file_size_limit": -1}, 10),
        ({"image_file_size_limit": True}, 10),
        ({"image_file_size_limit": "2"}, 10),
        ({"file_size_limit": 1}, 10),
    ],
)
def test_the_app_may_allow_less_than_the_installation_and_never_more(config: Any, most: float) -> None:
    assert largest("image", {"file_upload": {"fileUploadConfig": config}}) == most * MB
    assert largest("image", {"file_upload": config}) == 10 * MB


def file(name: str, kind: Any) -> File:
    return File(kind, "local_file", related_id="1", name=name)


def test_a_field_takes_the_types_that_it_lists_and_custom_ones_by_their_endings() -> None:
    assert refusal((), (), file("a.zip", "custom")) is None
    assert refusal(("image", "document"), (), file("a.txt", "document")) is None
    assert refusal(("custom",), ("ZIP", ".tar"), file("a.zip", "custom")) is None
    assert refusal(("custom",), (), file("a.zip", "custom")) is None
    assert refusal(("image", "custom"), ("zip",), file("a.txt", "document")) == (
        "takes files of type image or .zip only, which 'a.txt' is not"
    )
