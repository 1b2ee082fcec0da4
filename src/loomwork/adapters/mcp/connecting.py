"""A session with a server of MCP over whichever transport it speaks."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from loomwork.adapters.mcp.server import McpServer
from loomwork.adapters.mcp.session import McpSession, NotStreamable, Session
from loomwork.adapters.mcp.sse_session import connected_by_events
from loomwork.nodes.ports import StreamingEgress
from loomwork.tools.api import ToolCredentialsRefused, ToolFailed


@asynccontextmanager
async def connected(egress: StreamingEgress, server: McpServer) -> AsyncIterator[Session]:
    """A session that is ended with the block: with a program, or over streamable HTTP, and over the transport of before
    where a server does not know that (specification, Backwards Compatibility). Raises `ToolFailed`.
    """
    if server.program:
        # Here, because few installations have such programs.
        from loomwork.adapters.mcp.stdio_session import connected_to_program

        async with connected_to_program(server, server.program) as session:
            yield session
        return
    async with AsyncExitStack() as opened:
        yield await _session(egress, server, opened)


async def _session(egress: StreamingEgress, server: McpServer, opened: AsyncExitStack) -> Session:
    session = McpSession(egress, server)
    try:
        await session.initialize()
    except NotStreamable as unknown:
        try:
            return await opened.enter_async_context(connected_by_events(egress, server))
        except ToolCredentialsRefused:
            raise
        except ToolFailed as failure:
            raise NotStreamable(f"{unknown.message.rstrip('.')}, nor the transport of before.") from failure
    except BaseException:
        await session.close()
        raise
    opened.push_async_callback(session.close)
    return session
