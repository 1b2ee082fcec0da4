"""The token of a form: which question of which run it is, so signed that nobody makes one himself."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from loomwork.engine.events import FramePath
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId

SIGNATURE_BYTES = 20


@dataclass(frozen=True, slots=True)
class FormPlace:
    """Where a question stands."""

    run_id: RunId
    node_id: str
    frame: FramePath


def form_token(place: FormPlace, key: bytes) -> str:
    """One word that may stand in an address."""
    told = json.dumps([place.run_id, place.node_id, place.frame], separators=(",", ":")).encode()
    return urlsafe_b64encode(_signature(told, key) + told).decode().rstrip("=")


def no_such_form() -> NotFound:
    return NotFound("There is no such form.")


def read_form_token(token: str, key: bytes) -> FormPlace:
    """Raises `NotFound` for what was not made with this key."""
    try:
        content = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        content = b""
    signature, told = content[:SIGNATURE_BYTES], content[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(told, key)):
        raise no_such_form()
    run_id, node_id, frame = json.loads(told)
    return FormPlace(RunId(run_id), node_id, tuple((container, index) for container, index in frame))


def _signature(told: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"form token " + told, "sha256")[:SIGNATURE_BYTES]
