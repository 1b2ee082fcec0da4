"""Replies with a template; what it refers to reads as Markdown, and files among it come along as files."""

from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeResult, NodeSpec, Response
from loomwork.engine.variables import File, Template, render_markdown
from loomwork.nodes.answer.config import AnswerConfig
from loomwork.nodes.reading import template_inputs


class AnswerNode:
    """Its response streams in template order; its outputs are `answer` and `files`."""

    waits: Literal[False] = False
    branches = False
    ends = False

    def __init__(self, template: Template) -> None:
        self.inputs = template_inputs(template)
        self.response = Response(template.segments, is_answer=True)
        self._template = template
        self._refs = tuple(ref for _, ref in self.inputs)

    def run(self, context: NodeContext) -> NodeResult:
        get = context.get
        answer = self._template.render(get, render_markdown)
        files: list[File] = []
        for ref in self._refs:
            value = get(ref)
            if isinstance(value, File | list):
                files += files_in(value)
        return NodeResult({"answer": answer, "files": files})


class AnswerType:
    """`answer`."""

    is_root = False

    def compile(self, spec: NodeSpec, binder: Binder) -> AnswerNode:
        config = AnswerConfig.model_validate(spec.config)
        return AnswerNode(binder.template(config.answer, field_name="answer"))


def files_in(value: File | list[Any]) -> list[File]:
    """The file that a value is, or the files in a list."""
    return [value] if isinstance(value, File) else [item for item in value if isinstance(item, File)]
