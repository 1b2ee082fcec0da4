"""Vectors for the tests: spread over a sphere, the same on every machine."""

import math
import random
import uuid
from collections.abc import Collection, Sequence

from loomwork.knowledge.ports import VectorEntry

DIMENSIONS = 16
PER_DOCUMENT = 4


def entry_id(number: int) -> str:
    return str(uuid.UUID(int=10**12 + number))


def document_id(number: int) -> str:
    return str(uuid.UUID(int=1 + number))


def direction(number: int) -> list[float]:
    chance = random.Random(number)
    return [chance.gauss(0, 1) for _ in range(DIMENSIONS)]


def entry(number: int) -> VectorEntry:
    return VectorEntry(entry_id(number), document_id(number // PER_DOCUMENT), direction(number))


def entries(numbers: Collection[int]) -> list[VectorEntry]:
    return [entry(number) for number in numbers]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)


def nearest(question: Sequence[float], among: Collection[VectorEntry], limit: int) -> list[str]:
    """By comparing with every one."""
    ranked = sorted(among, key=lambda it: -cosine(question, it.vector))
    return [it.id for it in ranked[:limit]]
