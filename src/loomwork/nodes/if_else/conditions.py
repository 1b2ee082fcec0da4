"""Conditions as functions, made once at compile time."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from loomwork.engine.ports import Binder, NodeError, View
from loomwork.engine.variables import File, Missing, Ref, Template
from loomwork.nodes.if_else.config import Case, Condition, SubCondition, SubConditions
from loomwork.nodes.if_else.operators import OPERATORS, SPELLINGS, UNARY, Compare, as_boolean

Check: TypeAlias = Callable[[View], bool]
"""Whether something holds in a run. Raises `NodeError` where that cannot be told."""

Expected: TypeAlias = Callable[[View], Any]

ON_FILES = frozenset({"contains", "not contains", "all of"})
"""Operators that look at the attributes of files where the value is a list of files."""


def check_case(case: Case, binder: Binder, field_name: str) -> Check:
    """All conditions hold, or any of them; the rest are not looked at once that is certain."""
    checks = [
        check_condition(condition, binder, f"{field_name}.conditions[{place}]")
        for place, condition in enumerate(case.conditions)
    ]
    if len(checks) == 1:
        return checks[0]
    return _any_of(checks) if case.logical_operator == "or" else _all_of(checks)


def check_condition(condition: Condition, binder: Binder, field_name: str) -> Check:
    """One comparison. An operator that does not exist is a warning, and fails the node when it is reached."""
    name = _operator_name(condition.comparison_operator)
    compare = OPERATORS.get(name)
    if compare is None:
        message = f"There is no comparison '{condition.comparison_operator}'; use one of {', '.join(OPERATORS)}."
        binder.problem("warning", "unknown_operator", message, field_name=field_name)
        return _failing(message)
    ref = binder.ref(condition.variable_selector, field_name=f"{field_name}.variable_selector")
    if name in UNARY:
        return _unary(ref, compare)
    expected = _expected(condition.value, binder, f"{field_name}.value")
    if name in ON_FILES:
        sub_check = check_files(condition.sub_variable_condition)
        return _on_files(ref, name, sub_check, _binary(ref, name, compare, expected))
    return _binary(ref, name, compare, expected)


def check_files(sub: SubConditions) -> Callable[[Sequence[File]], bool] | None:
    """Whether the attributes of some files fit; None where nothing is asked of them."""
    checks = [_check_attribute(condition) for condition in sub.conditions]
    if not checks:
        return None
    decide = any if sub.logical_operator == "or" else all
    return lambda files: decide([check(files) for check in checks])


def _operator_name(written: str) -> str:
    name = written.strip()
    return SPELLINGS.get(name, name)


def _all_of(checks: Sequence[Check]) -> Check:
    def check(context: View) -> bool:
        holds = True
        for part in checks:
            holds = part(context)
            if not holds:
                break
        return holds

    return check


def _any_of(checks: Sequence[Check]) -> Check:
    def check(context: View) -> bool:
        holds = False
        for part in checks:
            holds = part(context)
            if holds:
                break
        return holds

    return check


def _failing(message: str) -> Check:
    def check(context: View) -> bool:
        raise NodeError(f"{message} (node {context.node_id})", code="unknown_operator", retryable=False)

    return check


def _unary(ref: Ref, compare: Compare) -> Check:
    def check(context: View) -> bool:
        actual = context.get(ref)
        if isinstance(actual, Missing):
            raise _not_set(ref)
        return compare(actual, None)

    return check


def _binary(ref: Ref, name: str, compare: Compare, expected: Expected) -> Check:
    def check(context: View) -> bool:
        actual = context.get(ref)
        if isinstance(actual, Missing):
            raise _not_set(ref)
        try:
            wanted = expected(context)
            if isinstance(actual, bool) or _booleans(actual):
                wanted = _as_booleans(wanted)
            return compare(actual, wanted)
        except (TypeError, ValueError, OverflowError) as error:
            raise _cannot_compare(ref, name, error) from None

    return check


def _on_files(ref: Ref, name: str, sub_check: Callable[[Sequence[File]], bool] | None, otherwise: Check) -> Check:
    def check(context: View) -> bool:
        actual = context.get(ref)
        files = actual if isinstance(actual, list) and all(isinstance(item, File) for item in actual) else None
        if files is None or (sub_check is None and not files):
            return otherwise(context)
        if sub_check is None:
            raise _cannot_compare(ref, name, TypeError("needs conditions on the attributes of the files"))
        try:
            return sub_check(files)
        except (TypeError, ValueError) as error:
            raise _cannot_compare(ref, name, error) from None

    return check


def _check_attribute(condition: SubCondition) -> Callable[[Sequence[File]], bool]:
    """Any file fits, or with a "not" operator all of them do."""
    name = _operator_name(condition.comparison_operator)
    compare = OPERATORS.get(name)
    decide = all if "not" in name else any
    key, wanted = condition.key, condition.value
    if key == "extension" and isinstance(wanted, str):
        wanted = _with_dot(wanted)

    def check(files: Sequence[File]) -> bool:
        if compare is None:
            raise ValueError(f"there is no comparison '{name}'")
        return decide([compare(_attribute(file, key), wanted) for file in files])

    return check


def _attribute(file: File, key: str) -> Any:
    value = file.attribute(key)
    return _with_dot(value) if key == "extension" and isinstance(value, str) else value


def _with_dot(extension: str) -> str:
    return extension if not extension or extension.startswith(".") else f".{extension}"


def _expected(value: Any, binder: Binder, field_name: str) -> Expected:
    """Text is a template; a number stands for its text, as forms write it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return lambda _: value
    template = binder.template(value, field_name=field_name)
    if not template.refs:
        return lambda _: value
    return _rendered(template)


def _rendered(template: Template) -> Expected:
    return lambda context: context.render(template)


def _booleans(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, bool) for item in value)


def _as_booleans(wanted: Any) -> Any:
    if wanted is None:
        return None
    return [as_boolean(item) for item in wanted] if isinstance(wanted, list) else as_boolean(wanted)


def _not_set(ref: Ref) -> NodeError:
    message = f"The condition reads '{'.'.join(ref.selector)}', which nothing has set."
    return NodeError(message, code="variable_not_found", retryable=False)


def _cannot_compare(ref: Ref, name: str, error: Exception) -> NodeError:
    message = f"The condition '{'.'.join(ref.selector)} {name}' cannot be decided: {error}."
    return NodeError(message, code="condition_failed", retryable=False)
