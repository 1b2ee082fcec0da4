"""Values as they stand in JSON, with the files among them revived."""

from collections.abc import Mapping
from typing import Any

from loomwork.engine.variables import File
from loomwork.engine.variables.files import FILE_MARK


def revived(value: Any) -> Any:
    """The value with files for the objects that describe one."""
    if isinstance(value, Mapping):
        if value.get("dify_model_identity") == FILE_MARK:
            return File.from_wire(value)
        return {str(key): revived(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [revived(item) for item in value]
    return value
