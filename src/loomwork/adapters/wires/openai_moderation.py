"""Verdicts on texts, as OpenAI's API has them."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import orjson

from loomwork.adapters.wires.json_values import inner, objects
from loomwork.adapters.wires.openai_failure import sound
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.moderation import Moderation, ModerationRequest, Verdict
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target


def moderation_body(target: Target, request: ModerationRequest) -> bytes:
    with sendable(target):
        return orjson.dumps({"model": target.model, "input": list(request.texts)})


def read_moderation(target: Target, request: ModerationRequest, body: bytes) -> Moderation:
    """Raises `BrokenStream` where there is not one verdict for each text."""
    found = objects(sound(target, body).get("results"))
    if len(found) != len(request.texts):
        raise BrokenStream(f"it sent {len(found)} verdicts for {len(request.texts)} texts")
    return Moderation([_verdict(one) for one in found], Usage())


def _verdict(found: Mapping[str, Any]) -> Verdict:
    flagged = found.get("flagged")
    if not isinstance(flagged, bool):
        raise BrokenStream("it sent a verdict that says neither yes nor no")
    categories = {name: value for name, value in inner(found, "categories").items() if isinstance(value, bool)}
    scores = {name: float(value) for name, value in inner(found, "category_scores").items() if _is_score(value)}
    return Verdict(flagged, categories, scores)


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
