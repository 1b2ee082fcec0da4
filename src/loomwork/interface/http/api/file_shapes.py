"""Shapes of files that were handed in."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from loomwork.apps.api import UploadedFile
from loomwork.interface.http.api.shapes import Shape

_FILE_ID = "0198c2a4-7000-7000-8000-000000000001"


class GivenFileShape(Shape):
    """A file as the inputs of a run name it."""

    type: Literal["image", "document", "audio", "video", "custom"]
    transfer_method: Literal["local_file"] = "local_file"
    upload_file_id: str = Field(examples=[_FILE_ID])


class FileShape(Shape):
    """A file that was handed in."""

    id: str = Field(examples=[_FILE_ID])
    name: str = Field(examples=["report.pdf"])
    type: Literal["image", "document", "audio", "video", "custom"]
    media_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="In bytes.", examples=[20480])
    created_at: datetime
    file: GivenFileShape = Field(description="What to put into the inputs of a run.")

    @classmethod
    def of(cls, file: UploadedFile) -> "FileShape":
        return cls(
            id=file.id,
            name=file.name,
            type=file.kind,
            media_type=file.media_type,
            size=file.size,
            created_at=file.created_at,
            file=GivenFileShape(type=file.kind, upload_file_id=file.id),
        )
