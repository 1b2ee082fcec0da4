"""Hands its variables to a program in the sandbox, and leaves the outputs that the program declares."""

import sys
from typing import Any, Literal

from pydantic import ValidationError

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import MISSING
from loomwork.engine.variables.rendering import plain
from loomwork.nodes.code.config import CodeConfig
from loomwork.nodes.code.outputs import checked_outputs
from loomwork.nodes.code.source import NETWORK, fault_of, imports_of
from loomwork.nodes.jinja_fields import bind_variables
from loomwork.nodes.not_runnable import NotRunnableNode, missing_outside
from loomwork.nodes.ports import CodeFailed, CodeLimits, CodeRefused, Sandbox
from loomwork.nodes.reading import Inputs

NO_SANDBOX = "runs code, for which there is no sandbox here"


class CodeNode:
    """Outputs as declared. Files reach the code as JSON objects; what nothing set as null."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: CodeConfig, variables: Inputs, sandbox: Sandbox, limits: CodeLimits) -> None:
        self.inputs = variables
        self._config = config
        self._sandbox = sandbox
        self._limits = limits

    async def run(self, context: NodeContext) -> NodeResult:
        given = {name: _as_json(context.get(ref), name) for name, ref in self.inputs}
        config = self._config
        try:
            left = await self._sandbox.run(config.code_language, config.code, given, self._limits.call)
        except (CodeRefused, CodeFailed) as error:
            raise NodeError(error.message, code=error.code, retryable=isinstance(error, CodeFailed)) from error
        return NodeResult(checked_outputs(left, config.outputs, self._limits.outputs))


class CodeType:
    """`code`. Without a sandbox its nodes say that they cannot run yet."""

    is_root = False

    def __init__(self, sandbox: Sandbox | None, limits: CodeLimits | None = None) -> None:
        self._sandbox = sandbox
        self._limits = limits or CodeLimits()

    @property
    def jailed(self) -> bool:
        """Whether its nodes can run; the first answer may take a moment."""
        return self._sandbox is not None and self._sandbox.missing() is None

    def stays_inside(self, spec: NodeSpec) -> bool:
        """Whether the code of a node can run here and asks for nothing outside: neither for the network, nor for what
        code does not find in a sandbox.
        """
        if self._sandbox is None or not self.jailed:
            return False
        try:
            config = CodeConfig.model_validate(spec.config)
        except ValidationError:
            return True
        imported = imports_of(config.code_language, config.code)
        there = sys.stdlib_module_names | self._sandbox.packages()
        return not imported & NETWORK and all(name.partition(".")[0] in there for name in imported)

    def compile(self, spec: NodeSpec, binder: Binder) -> CodeNode | NotRunnableNode:
        config = CodeConfig.model_validate(spec.config)
        fault = fault_of(config.code_language, config.code)
        if fault is not None:
            binder.problem("warning", "invalid_config", f"The code of '{spec.title}' {fault}.", field_name="code")
        variables = bind_variables(config.variables, binder, "variables")
        missing = "" if self._sandbox is None else self._sandbox.missing()
        if self._sandbox is None or missing is not None:
            return missing_outside(spec, binder, f"{NO_SANDBOX}{_because(missing)}", inputs=variables)
        return CodeNode(config, variables, self._sandbox, self._limits)


def _because(sentence: str | None) -> str:
    return f" ({sentence.rstrip('.')})" if sentence else ""


def _as_json(value: Any, name: str) -> Any:
    try:
        return None if value is MISSING else plain(value)
    except RecursionError:
        raise NodeError(f"'{name}' is nested too deeply to be handed to code.", code="code_too_large") from None
