"""Calculates what is written down as a formula. Nothing of it is run: its operators are read, and counted with."""

import asyncio
import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["calculate"]

LONGEST = 2000
"""Characters of a formula."""

CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
LARGEST_FACTORIAL = 1000


def _factorial(number: int) -> int:
    if number > LARGEST_FACTORIAL:
        raise ValueError("too large")
    return math.factorial(number)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "atan2": math.atan2,
    "cbrt": math.cbrt,
    "ceil": math.ceil,
    "cos": math.cos,
    "cosh": math.cosh,
    "degrees": math.degrees,
    "exp": math.exp,
    "factorial": _factorial,
    "floor": math.floor,
    "gcd": math.gcd,
    "hypot": math.hypot,
    "int": int,
    "lcm": math.lcm,
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "mod": operator.mod,
    "radians": math.radians,
    "round": round,
    "sin": math.sin,
    "sinh": math.sinh,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
}


_UNCOUNTABLE = (ArithmeticError, LookupError, MemoryError, SyntaxError, TypeError, ValueError)


async def calculate(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The value of a formula."""
    formula = call.arguments["expression"].replace("^", "**").replace("×", "*").replace("÷", "/")
    if len(formula) > LONGEST:
        raise ToolInputInvalid(f"A formula has {LONGEST} characters at most.", parameter="expression")
    value = await asyncio.to_thread(_value, formula)
    return ToolResult(_written(value), json=[{"result": value}])


def _value(formula: str) -> Any:
    # Here, because most processes never calculate.
    import simpleeval

    calculator = simpleeval.SimpleEval(functions=FUNCTIONS, names=CONSTANTS)
    try:
        value = calculator.eval(formula.strip())
        if not isinstance(value, bool | int | float) or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError
        str(value)
    except ZeroDivisionError:
        raise ToolInputInvalid("The formula divides by zero.", parameter="expression") from None
    except (
        simpleeval.InvalidExpression,
        ArithmeticError,
        LookupError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
    ):
        message = (
            "This is no formula that has a value: there are numbers, + - * / // % **, brackets and functions as sqrt."
        )
        raise ToolInputInvalid(message, parameter="expression") from None
    return value


def _written(value: float) -> str:
    """As people write it: 0.1 + 0.2 is 0.3."""
    if isinstance(value, float):
        rounded = Decimal(repr(float(f"{value:.15g}"))).normalize()
        return f"{rounded:f}" if -20 < rounded.adjusted() < 20 else str(rounded)
    return str(value)
