"""Workspaces, members, sessions and API keys."""
