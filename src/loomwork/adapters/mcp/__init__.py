"""MCP servers of others as tools: asked through the gate, and held to what was approved."""
