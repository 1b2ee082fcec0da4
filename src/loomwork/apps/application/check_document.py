"""Would a document import, and would it run?"""

from loomwork.apps.api import CheckReport
from loomwork.apps.application.compile_flow import FlowCompiler, report
from loomwork.dsl import DslError


def check_document(text: str | bytes, compiler: FlowCompiler) -> CheckReport:
    """Never raises for what is in the document."""
    try:
        flow = compiler.examine(text)
    except DslError as error:
        return CheckReport(ok=False, mode=None, dsl_version=None, nodes=0, problems=report(error.problems))
    document = flow.document
    return CheckReport(
        ok=not flow.errors,
        mode=document.mode,
        dsl_version=document.dsl_version,
        nodes=document.node_count,
        problems=report(flow.problems),
    )
