"""Writes the JSON Schema of `tool.yml` from the shapes that read it: `python -m scripts.generate_tool_schema`."""

import json
from pathlib import Path

from loomwork.adapters.tools.cards import ToolsetCard

FILE = Path(__file__).resolve().parent.parent / "catalog" / "tool.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """The schema as the file has it."""
    schema = {"$schema": DIALECT, **ToolsetCard.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False, default=str) + "\n"


def main() -> None:
    FILE.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
