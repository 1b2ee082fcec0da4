"""Apps: draft, publish, version, dispatch, run, log, import, export."""
