"""What files of the catalog may say."""

import pytest
from pydantic import ValidationError

from loomwork.model_gateway.domain.provider import HubSource


@pytest.mark.parametrize(
    ("repo", "file"),
    [
        ("acme/tiny\n", "tiny.gguf"),
        ("acme/größer", "tiny.gguf"),
        ("acme", "tiny.gguf"),
        ("a" * 97 + "/tiny", "tiny.gguf"),
        ("acme/tiny", "../tiny gguf"),
        ("acme/tiny", "weights//tiny.gguf"),
    ],
)
def test_a_place_in_a_hub_is_refused_that_no_hub_has(repo: str, file: str) -> None:
    with pytest.raises(ValidationError):
        HubSource(repo=repo, file=file)


def test_a_place_in_a_hub_is_named_by_owner_and_name() -> None:
    assert HubSource(repo="Acme_1/tiny-0.5B", file="q4/tiny-0.5B_q4.gguf").revision == "main"
