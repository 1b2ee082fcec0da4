"""Files that a run is given by their ids: whether whoever starts it may, and whether the form takes them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.apps.api import FormField
from loomwork.apps.application.begin_flow import with_files
from loomwork.apps.domain import UploadedFile
from loomwork.apps.domain.uploaded_file import refusal
from loomwork.apps.ports import FileStore
from loomwork.engine.variables import File
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope

LOCAL = "local_file"


def field_refusal(field: FormField, file: File) -> str | None:
    """Why a field does not take a file, as the end of a sentence about the field."""
    if field.file_methods and file.transfer_method not in field.file_methods:
        return "takes no files from this machine" if file.transfer_method == LOCAL else "takes no files by an address"
    return refusal(field.file_types, field.file_extensions, file)


def file_ids(inputs: Mapping[str, Any]) -> frozenset[str]:
    """The ids of uploads that inputs name."""
    return frozenset(file.related_id for _, file in _named(with_files(inputs)) if file.related_id is not None)


@dataclass(frozen=True, slots=True)
class GivenFiles:
    """Looks up the files that inputs name by the ids of uploads. Without a store, files are taken as they are said."""

    files: FileStore | None
    clock: Clock

    async def known(
        self,
        scope: Scope,
        app_id: AppId,
        owner: str,
        inputs: Mapping[str, Any],
        *,
        form: Sequence[FormField] = (),
        trusted: Collection[str] = (),
    ) -> dict[str, Any]:
        """The inputs with what is known of their files: of those that `owner` uploaded for the app, and those that are
        `trusted`, since a run has them already. Raises `InvalidInput`, for what is another's as for what never was.
        """
        if self.files is None or not (named := list(_named(with_files(inputs)))):
            return dict(inputs)
        fields = {field.variable: field for field in form}
        found: dict[str, File] = {}
        for name, file in named:
            uploaded = await self._uploaded(scope, str(file.related_id))
            if uploaded is None or not _may_take(uploaded, app_id, owner, trusted):
                raise InvalidInput("There is no such uploaded file in this app; upload it again.", field=name)
            found[uploaded.id] = uploaded.as_file()
            _check_field(fields.get(name), found[uploaded.id])
        await self.files.use(scope, found.keys(), at=self.clock.now())
        return {name: _filled(value, found) for name, value in with_files(inputs).items()}

    async def _uploaded(self, scope: Scope, file_id: str) -> UploadedFile | None:
        assert self.files is not None
        try:
            return await self.files.get(scope, file_id)
        except NotFound:
            return None


def _may_take(file: UploadedFile, app_id: AppId, owner: str, trusted: Collection[str]) -> bool:
    return file.id in trusted or (file.app_id, file.uploaded_by) == (app_id, owner)


def _check_field(field: FormField | None, file: File) -> None:
    refused = field_refusal(field, file) if field is not None else None
    if field is not None and refused is not None:
        raise InvalidInput(f"'{field.label}' {refused}.", field=field.variable)


def _named(inputs: Mapping[str, Any]) -> Iterator[tuple[str, File]]:
    """Each file that an input names by the id of an upload, with the input's name."""
    for name, value in inputs.items():
        yield from ((name, file) for file in _files_in(value) if file.related_id is not None)


def _files_in(value: Any) -> Iterator[File]:
    if isinstance(value, File):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _files_in(item)


def _filled(value: Any, found: Mapping[str, File]) -> Any:
    if isinstance(value, list):
        return [_filled(item, found) for item in value]
    return found.get(value.related_id or "", value) if isinstance(value, File) else value
