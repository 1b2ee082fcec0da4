"""Anything callable: schema files, OpenAPI imports, MCP servers, apps as tools."""
