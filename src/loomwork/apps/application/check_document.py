"""Would a document import, and would it run?"""

import dataclasses

from loomwork.apps.api import CheckReport, ProblemReport
from loomwork.apps.application.begin_flow import resolve_models, stand_in_notices
from loomwork.apps.application.blind_models import blind_notices
from loomwork.apps.application.compile_flow import Flow, FlowCompiler, report
from loomwork.dsl import DslError
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels


def check_document(text: str | bytes, compiler: FlowCompiler) -> CheckReport:
    """Never raises for what is in the document."""
    return _checked(text, compiler)[0]


async def check_document_here(
    scope: Scope, text: str | bytes, compiler: FlowCompiler, models: ChatModels
) -> CheckReport:
    """The same, and which of the models that it names something else would answer for here, or see no images."""
    checked, flow = _checked(text, compiler)
    if flow is None or flow.plan is None:
        # What does not run asks no model.
        return checked
    return dataclasses.replace(checked, problems=[*checked.problems, *await _of_models(scope, flow, models)])


def _checked(text: str | bytes, compiler: FlowCompiler) -> tuple[CheckReport, Flow | None]:
    try:
        flow = compiler.examine(text)
    except DslError as error:
        refused = CheckReport(ok=False, mode=None, dsl_version=None, nodes=0, problems=report(error.problems))
        return refused, None
    document = flow.document
    checked = CheckReport(
        ok=not flow.errors,
        mode=document.mode,
        dsl_version=document.dsl_version,
        nodes=document.node_count,
        problems=report(flow.problems),
    )
    return checked, flow


async def _of_models(scope: Scope, flow: Flow, models: ChatModels) -> list[ProblemReport]:
    try:
        resolved = await resolve_models(scope, flow, models)
    except LoomworkError as error:
        # Neither the model nor the one that would stand in for it: a setting is wrong, and the file is not.
        return [ProblemReport("warning", error.code, error.message)]
    told = [("model_stands_in", notice) for notice in stand_in_notices(resolved)]
    told += [("model_sees_no_images", notice) for notice in blind_notices(flow.document, resolved)]
    return [ProblemReport("warning", code, notice) for code, notice in told]
