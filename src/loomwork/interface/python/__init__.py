"""The Python API: flows that run in somebody's own process."""
