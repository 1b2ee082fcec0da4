"""The tools of servers of MCP, from what a workspace keeps of them: no server is asked what it offers to make them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from loomwork.adapters.tools.remembered import RememberedToolsets
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import StreamingEgress
from loomwork.tools.api import ToolRefused
from loomwork.tools.domain.mcp_server import KIND, STDIO, Offer, Offers, fields_of, standing
from loomwork.tools.ports import McpRow, McpStore, Tool, Toolset

Access = Callable[[Scope, McpRow], Awaitable[Mapping[str, str]]]
"""What lets a workspace in to one of its servers, renewed where it was over."""


Programs = Mapping[str, Sequence[str]]
"""The servers that are programs of this machine, by the names that the operator has given them."""


def program_at(url: str, label: str, programs: Programs) -> Sequence[str]:
    """The program that an address stands for; none for an address of the web. Raises `ToolRefused` for one that the
    operator does not list.
    """
    if not url.startswith(STDIO):
        return ()
    program = programs.get(url.removeprefix(STDIO))
    if not program:
        known = ", ".join(sorted(programs)) or "none"
        raise ToolRefused(f"{label} is no program that LOOMWORK_MCP_COMMANDS lists; it lists {known}.")
    return program


class McpTools:
    """Implements `ToolSource`: what is approved, and nothing else."""

    kind = KIND

    def __init__(self, store: McpStore, egress: StreamingEgress, access: Access, programs: Programs) -> None:
        self._egress = egress
        self._programs = programs
        self._access = access
        self._made = RememberedToolsets(KIND, store, self._make)

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """See `ToolSource.toolsets`."""
        return await self._made.all(scope)

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """See `ToolSource.toolset`."""
        return await self._made.one(scope, toolset_id)

    def _make(self, row: McpRow) -> Toolset:
        # Here and below, because few workspaces have such servers.
        from loomwork.adapters.mcp.server import McpServer
        from loomwork.adapters.mcp.tool import tool_of

        try:
            program = program_at(row.url, row.label, self._programs)
        except ToolRefused as refused:
            return Toolset(f"{KIND}.{row.slug}", row.label, {}, problems=[refused.message])
        server = McpServer(row.url, row.label, timeout=row.settings.timeout, program=program)
        signed_in = partial(_values, self._access, row) if row.settings.auth == "oauth" else None
        tools: dict[str, Tool] = {}
        problems = list(row.offers.problems)
        for offer in row.offers.tools:
            now = standing(offer, row.settings.approved)
            if now == "approved":
                tools[offer.safe_name] = tool_of(offer, server, self._egress, row.settings, signed_in)
            else:
                problems.append(_waits(offer, now, row.slug))
        fields, known_as = fields_of(row.settings), (row.slug, row.label)
        return Toolset(f"{KIND}.{row.slug}", row.label, tools, "", fields, known_as, problems=problems)


@dataclass(frozen=True, slots=True)
class McpOffersReader:
    """Fits `tools.ports.McpReader`."""

    egress: StreamingEgress
    programs: Programs

    async def read(self, url: str, label: str, headers: Mapping[str, str], seconds: float) -> Offers:
        from loomwork.adapters.mcp.connecting import connected
        from loomwork.adapters.mcp.offers import offers_of
        from loomwork.adapters.mcp.server import McpServer

        program = program_at(url, label, self.programs)
        server = McpServer(url, label, headers, timeout=seconds, program=program)
        async with connected(self.egress, server) as session:
            return await offers_of(session, label)


async def _values(access: Access, row: McpRow, scope: Scope) -> Mapping[str, str]:
    return await access(scope, row)


def _waits(offer: Offer, now: str, slug: str) -> str:
    what = "is new there" if now == "new" else "was changed there since it was approved"
    return f"{offer.safe_name} {what}: look at it, then approve it (`loomwork tools servers approve {slug}`)."
