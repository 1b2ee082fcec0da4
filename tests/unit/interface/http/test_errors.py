"""Every error that a door may raise has a status of its own."""

from typing import Any

import httpx
import pytest

from loomwork.apps import api as apps
from loomwork.interface.http.compat.dify.errors import status_and_code
from loomwork.interface.http.errors import STATUS, status_of
from loomwork.kernel import errors as kernel
from loomwork.kernel.errors import Conflict, LoomworkError
from loomwork.model_gateway import api as model_gateway
from loomwork.tenancy import api as tenancy
from tests.unit.interface.http.world import World

ERRORS = sorted(
    {
        error
        for door in (apps, kernel, model_gateway, tenancy)
        for error in vars(door).values()
        if isinstance(error, type) and issubclass(error, LoomworkError) and error is not LoomworkError
    },
    key=lambda error: error.__name__,
)


@pytest.mark.parametrize("error", ERRORS)
def test_no_error_of_a_door_is_an_internal_error(error: type[LoomworkError]) -> None:
    assert error.code in STATUS
    assert status_of(error("What to do.")) == STATUS[error.code] != 500
    assert status_and_code(error("What to do."))[1] != "internal_server_error"


def test_an_error_of_a_new_code_takes_the_status_of_its_family() -> None:
    class SeatTaken(Conflict):
        code = "seat_taken"

    assert status_of(SeatTaken("Take another.")) == 409
    assert status_and_code(SeatTaken("Take another.")) == (409, "conflict")


def test_an_error_of_no_family_is_internal() -> None:
    class Strange(LoomworkError):
        code = "strange"

    assert status_of(Strange("Hm.")) == 500


class StorageFailed(LoomworkError):
    code = "storage_failed"


@pytest.mark.anyio
@pytest.mark.parametrize(("path", "shape"), [
    ("/api/v1/apps", {"error": {"code": "storage_failed", "message": "Make room.", "details": {}}}),
    ("/v1/info", {"code": "service_unavailable", "message": "Make room.", "status": 503}),
])  # fmt: skip
async def test_what_a_guard_could_not_look_up_is_said_in_the_shape_of_its_face(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, path: str, shape: dict[str, Any]
) -> None:
    async def fail(_: str) -> None:
        raise StorageFailed("Make room.")

    monkeypatch.setattr(world.gatekeeper, "by_key", fail)
    answer = await client.get(path, headers={"Authorization": "Bearer lw-1"})
    assert (answer.status_code, answer.json()) == (503, shape)
