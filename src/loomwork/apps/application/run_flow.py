"""The graph that a run started with, whatever has become of its app's draft."""

from loomwork.apps.application.compile_flow import Flow, FlowCompiler
from loomwork.apps.domain import Run
from loomwork.apps.ports import AppStore
from loomwork.engine.ports import RunContext
from loomwork.kernel.scope import Scope


async def flow_of(scope: Scope, run: Run, *, apps: AppStore, compiler: FlowCompiler) -> Flow:
    """`run` is one as `RunStore.get` gives it, with its document."""
    text = run.document
    if text is None:
        assert run.version is not None
        text = (await apps.get_version(scope, run.app_id, run.version)).document
    return await compiler.compile_kept(text)


def reading_context(scope: Scope, run: Run, flow: Flow) -> RunContext:
    """All that reading a run's journal takes that the journal does not have."""
    return RunContext(run.id, scope, run.inputs, {"env": flow.document.environment_variables})
