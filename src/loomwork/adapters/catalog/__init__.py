"""The catalog folders: what can be added without writing Python, read from disk as it is now."""
