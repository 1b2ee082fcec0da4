"""Renders its template; inline where the template is harmless whatever it is given, else in a limited worker."""

from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables.jinja import WeighedTemplate
from loomwork.nodes.jinja_fields import bind_variables, read_values, render_anywhere, render_here, weigh
from loomwork.nodes.ports import TemplateWorker
from loomwork.nodes.reading import Inputs
from loomwork.nodes.template_transform.config import TemplateTransformConfig


class TameTemplateNode:
    """A template whose cost grows with its inputs and no faster."""

    waits: Literal[False] = False
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, template: WeighedTemplate, variables: Inputs) -> None:
        self.inputs = variables
        self._template = template

    def run(self, context: NodeContext) -> NodeResult:
        return NodeResult({"output": render_here(self._template, read_values(context, self.inputs))})


class WaitingTemplateNode:
    """A template that could hang or exhaust a process; a worker renders it."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, template: WeighedTemplate, variables: Inputs, worker: TemplateWorker) -> None:
        self.inputs = variables
        self._template = template
        self._worker = worker

    async def run(self, context: NodeContext) -> NodeResult:
        values = read_values(context, self.inputs)
        return NodeResult({"output": await render_anywhere(self._template, values, self._worker)})


class TemplateTransformType:
    """`template-transform`."""

    is_root = False

    def __init__(self, worker: TemplateWorker) -> None:
        self._worker = worker

    def compile(self, spec: NodeSpec, binder: Binder) -> TameTemplateNode | WaitingTemplateNode:
        config = TemplateTransformConfig.model_validate(spec.config)
        template = weigh(config.template)
        variables = bind_variables(config.variables, binder, "variables")
        if template.render is not None:
            return TameTemplateNode(template, variables)
        return WaitingTemplateNode(template, variables, self._worker)
