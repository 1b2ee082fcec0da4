"""Nothing that is committed says where packages came from or which machine it was written on."""

import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

# Joined from parts, so that this file does not hold what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("npmmirror", "com"),
        ("yarnpkg", "com"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("huggingface", "co"),
        ("hf-mirror", "com"),
        ("modelscope", "cn"),
        ("debian", "org"),
        ("ubuntu", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]
PLACES = [
    "/" + "/".join(parts)
    for parts in (
        ("work", "main"),
        ("work", "shared"),
        ("root", ""),
        ("opt", "pypi"),
        ("opt", "wheels"),
        ("tmp", "boot"),
    )
]
FORBIDDEN = re.compile("|".join(re.escape(word) for word in (*HOSTS, *PLACES)), re.IGNORECASE)


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, check=False, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := REPO / name).is_file()]


def text_of(path: Path) -> str:
    """What the file says; "" for one that is no text."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def findings(text: str) -> list[str]:
    return [
        f"line {number}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := FORBIDDEN.search(line))
    ]


def test_no_tracked_file_names_a_registry_a_hub_or_this_machine() -> None:
    found = {str(path.relative_to(REPO)): found for path in tracked_files() if (found := findings(text_of(path)))}
    assert found == {}


def test_no_tracked_file_names_the_folder_of_this_checkout() -> None:
    if len(REPO.parts) < 3:
        pytest.skip(f"{REPO} is too short a path to look for")
    assert [str(path) for path in tracked_files() if str(REPO) + "/" in text_of(path)] == []


@pytest.mark.parametrize("word", [*HOSTS, *PLACES])
def test_a_forbidden_word_is_found(word: str) -> None:
    assert findings(f"fine\nsee https://files.{word}/simple\n") == [f"line 2: {word}"]
