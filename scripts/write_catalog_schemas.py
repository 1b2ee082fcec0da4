"""Writes catalog/schemas/: what `provider.yml` and `models/*.yml` may say, for editors and for whoever writes one.

They are made from the very models that read the files; a test fails where they differ.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from loomwork.model_gateway.domain.provider import ModelCard, ProviderCard

FOLDER = Path(__file__).resolve().parents[1] / "catalog" / "schemas"
CARDS: dict[str, type[BaseModel]] = {"provider": ProviderCard, "model": ModelCard}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of file."""
    said = CARDS[name].model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **said}


def text(name: str) -> str:
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in CARDS:
        (FOLDER / f"{kind}.schema.json").write_text(text(kind), encoding="utf-8")
