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
        """A file attribute by the name that selectors use; `MISSING`-like None where there is none."""
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
        """Read the stored form, or the form that API clients send (`upload_file_id`)."""
        return cls(
            type=data.get("type", "custom"),
            transfer_method=str(data.get("transfer_method", "remote_url")),
            url=data.get("url") or data.get("remote_url"),
            related_id=data.get("related_id") or data.get("upload_file_id") or data.get("tool_file_id"),
            name=str(data.get("filename") or data.get("name") or ""),
            extension=str(data.get("extension") or ""),
            mime_type=str(data.get("mime_type") or ""),
            size=int(data.get("size") if data.get("size") is not None else -1),  # type: ignore[arg-type]
        )


_ATTRIBUTES = frozenset({"type", "size", "name", "mime_type", "transfer_method", "url", "extension", "related_id"})
