"""A file as it flows through a graph: what it is and where it lies, never its bytes.

The wire form is Dify's (`dify_model_identity: __dify__file__`), because app files and their clients spell it so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FILE_MARK = "__dify__file__"

FileType = Literal["image", "document", "audio", "video", "custom"]


@dataclass(frozen=True, slots=True)
class File:
    """`size` is in bytes, -1 where it is not known."""

    type: FileType
    transfer_method: str
    url: str | None = None
    related_id: str | None = None
    name: str = ""
    extension: str = ""
    mime_type: str = ""
    size: int = -1

    def attribute(self, key: str) -> Any:
        """A file attribute by the name that selectors use; None where there is none of that name."""
        return getattr(self, key, None) if key in _ATTRIBUTES else None

    def wire(self) -> dict[str, Any]:
        """The file as a JSON object."""
        return {
            "dify_model_identity": FILE_MARK,
            "type": self.type,
            "transfer_method": self.transfer_method,
            "url": self.url,
            "remote_url": self.url,
            "related_id": self.related_id,
            "filename": self.name,
            "extension": self.extension,
            "mime_type": self.mime_type,
            "size": self.size,
        }

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> "File":
        """Read the stored form, or the form that API clients send (`upload_file_id`). Never raises: what is of the
        wrong type counts as absent.
        """
        kind = data.get("type")
        size = data.get("size")
        return cls(
            type=kind if kind in _TYPES else "custom",
            transfer_method=_text(data.get("transfer_method")) or "remote_url",
            url=_text(data.get("url")) or _text(data.get("remote_url")) or None,
            related_id=next(filter(None, (_text(data.get(key)) for key in _RELATED_KEYS)), None),
            name=_text(data.get("filename")) or _text(data.get("name")),
            extension=_text(data.get("extension")),
            mime_type=_text(data.get("mime_type")),
            size=size if isinstance(size, int) and not isinstance(size, bool) else -1,
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_TYPES = frozenset({"image", "document", "audio", "video", "custom"})
_RELATED_KEYS = ("related_id", "upload_file_id", "tool_file_id")
_ATTRIBUTES = frozenset({"type", "size", "name", "mime_type", "transfer_method", "url", "extension", "related_id"})
