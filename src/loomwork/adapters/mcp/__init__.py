"""MCP servers of others as tools: asked over streamable HTTP, through the gate, and pinned to what was approved."""
