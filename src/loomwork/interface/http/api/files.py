"""Files that are handed in for the forms of apps."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from loomwork.apps.api import Upload
from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.file_shapes import FileShape
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import AppId

creating = APIRouter(route_class=CreatingRoute, tags=["files"])

BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself; its type is what `Content-Type` says.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@creating.post("/apps/{app_id}/files", status_code=201, dependencies=[needs("apps.run")], openapi_extra=BYTES)
async def upload_file(
    call: TheCall,
    request: Request,
    app_id: str,
    name: Annotated[str, Query(min_length=1, max_length=1000, description="What the file is called.")],
    input: Annotated[str | None, Query(max_length=200, description="The input of the form that it is for.")] = None,
) -> FileShape:
    """Hand in a file for the form of an app. A run that you start within a day may name it, by `file`; one that no run
    takes is not kept for longer.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    upload = Upload(name, request.stream(), media_type, field=input)
    return FileShape.of(await call.files.upload_file(call.scope, AppId(app_id), upload))
