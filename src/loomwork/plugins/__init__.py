"""Installs packages that add tools, and keeps each in a process of its own."""
