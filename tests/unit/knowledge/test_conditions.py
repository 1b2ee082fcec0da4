"""Which documents are asked."""

from typing import Any

import pytest

from loomwork.knowledge.domain.conditions import Condition, Where

FIELDS: dict[str, Any] = {"year": 2025, "kind": "Report", "day": "2026-01-02T03:04:05Z", "empty": "", "tags": ["a"]}


@pytest.mark.parametrize(
    ("name", "operator", "value", "fits"),
    [
        ("kind", "is", "report", True),
        ("kind", "is not", "report", False),
        ("kind", "contains", "POR", True),
        ("kind", "not contains", "por", False),
        ("kind", "starts with", "re", True),
        ("kind", "ends with", "rt", True),
        ("kind", "in", ["Letter", "Report"], True),
        ("kind", "not in", "Letter, Report", False),
        ("empty", "empty", None, True),
        ("nothing", "not empty", None, False),
        ("year", "=", "2025", True),
        ("year", "≠", 2025, False),
        ("year", "≥", 2025, True),
        ("year", "<", 2025, False),
        ("kind", ">", 3, False),
        ("day", "after", "2026-01-01", True),
        ("day", "before", 1_700_000_000, False),
        ("day", "after", "some day", False),
        ("nothing", "is not", "x", True),
    ],
)
def test_a_condition_holds_or_not(name: str, operator: str, value: Any, fits: bool) -> None:
    condition = Condition.model_validate({"name": name, "operator": operator, "value": value})
    assert Where(conditions=(condition,)).fits(FIELDS) is fits


def test_groups_hold_conditions_of_their_own() -> None:
    new, old = (Condition(name="year", operator=operator, value=2020) for operator in (">", "<"))
    either = Where(match="any", conditions=(new, old))
    assert Where(conditions=(new,), groups=(either,)).fits(FIELDS)
    assert not Where(conditions=(old,), groups=(either,)).fits(FIELDS)
    assert Where(groups=(Where(),)).is_empty
