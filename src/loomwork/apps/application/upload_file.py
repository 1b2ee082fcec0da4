"""Take in a file for the form of an app: what the app would not take is refused before it is kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from loomwork.apps.api import Upload
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.given_files import field_refusal
from loomwork.apps.domain import FileTooLarge, UploadedFile
from loomwork.apps.domain.uploaded_file import MB, kind_of, largest, media_type_of, plain_name
from loomwork.apps.ports import AppStore, FileStore
from loomwork.dsl import FormField
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import AppId, new_id
from loomwork.kernel.scope import Scope

FILE_FIELDS = frozenset({"file", "file-list"})


@dataclass(frozen=True, slots=True)
class FileUploads:
    """Fits `apps.api.AppFiles`."""

    files: FileStore
    apps: AppStore
    compiler: FlowCompiler
    clock: Clock

    async def upload_file(self, scope: Scope, app_id: AppId, upload: Upload) -> UploadedFile:
        """See `AppFiles.upload_file`."""
        app = await self.apps.get(scope, app_id)
        flow = await self.compiler.compile_kept(app.document)
        name = plain_name(upload.name)
        media_type = media_type_of(name, upload.media_type)
        kind = kind_of(name, media_type)
        file = UploadedFile(new_id(), app.id, name, kind, media_type, 0, scope.actor.id, self.clock.now())
        if upload.field is not None:
            _check_field(_field_of(flow.document.form, upload.field), file)
        content = await _whole(upload.content, file, largest(kind, flow.document.features))
        kept = replace(file, size=len(content))
        await self.files.add(scope, kept, content)
        return kept


def _field_of(form: tuple[FormField, ...], variable: str) -> FormField:
    for field in form:
        if field.variable == variable and field.type in FILE_FIELDS:
            return field
    raise InvalidInput(f"The app has no input '{variable[:50]}' that takes files.", field="input")


def _check_field(field: FormField, file: UploadedFile) -> None:
    refused = field_refusal(field, file.as_file())
    if refused is not None:
        raise InvalidInput(f"'{field.label}' {refused}.", field=field.variable)


async def _whole(content: AsyncIterator[bytes], file: UploadedFile, most: int) -> bytes:
    """Never more than `most` is held in memory."""
    pieces, size = [], 0
    async for piece in content:
        size += len(piece)
        if size > most:
            raise FileTooLarge(
                f"'{file.name}' is too large: a file of this kind may have {most / MB:g} MB.", most=most, kind=file.kind
            )
        pieces.append(piece)
    if not size:
        raise InvalidInput(f"'{file.name}' is empty.", field="file")
    return b"".join(pieces)
