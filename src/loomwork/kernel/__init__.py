"""The words everyone shares: ids, Scope (workspace and actor), errors, Clock, Page. Pure."""
