"""Message buses, a module each: how a run reaches the process that executes it."""
