"""The rules of tools; pure."""
