import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from loomwork.tenancy.application.archive import ArchiveWriter, BadArchive, check_archive

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEAD = {"format": "loomwork export", "version": 1}


def an_archive(content: bytes = b"one\ntwo\n") -> bytes:
    archive = ArchiveWriter(NOON)
    archive.begin("records/things.jsonl")
    pieces = [archive.write(content[:3]), archive.write(content[3:])]
    archive.end(lines=2)
    return b"".join([*pieces, archive.close(HEAD)])


def test_what_was_written_is_read_and_held_against_its_manifest() -> None:
    manifest = check_archive(io.BytesIO(an_archive()))
    [file] = manifest["files"]
    assert (file["name"], file["bytes"], file["lines"]) == ("records/things.jsonl", 8, 2)
    with zipfile.ZipFile(io.BytesIO(an_archive())) as packed:
        assert packed.read("records/things.jsonl") == b"one\ntwo\n"


def test_the_same_content_makes_the_same_bytes() -> None:
    assert an_archive() == an_archive()


def test_no_more_is_kept_than_was_not_taken_yet() -> None:
    archive = ArchiveWriter(NOON)
    archive.begin("noise")
    noise = bytes(range(256)) * 4096
    taken = sum(len(archive.write(noise)) for _ in range(20))
    archive.end()
    assert len(archive.close(HEAD)) < taken


@pytest.mark.parametrize("keep", [0, 10, 100, -1, -30])
def test_an_archive_that_was_cut_short_is_refused(keep: int) -> None:
    with pytest.raises(BadArchive):
        check_archive(io.BytesIO(an_archive()[:keep]))


def test_an_archive_that_was_changed_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(an_archive())) as packed, zipfile.ZipFile(made, "w") as forged:
        forged.writestr("records/things.jsonl", b"one\nTWO\n")
        forged.writestr("manifest.json", packed.read("manifest.json"))
    with pytest.raises(BadArchive):
        check_archive(made)


@pytest.mark.parametrize("manifest", [b"[]", b"{}", b"\xff", json.dumps({**HEAD, "version": 2}).encode()])
def test_a_manifest_that_is_none_of_ours_is_refused(manifest: bytes) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as forged:
        forged.writestr("manifest.json", manifest)
    with pytest.raises(BadArchive):
        check_archive(made)
