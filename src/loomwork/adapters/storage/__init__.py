"""Where things are kept: in memory, or in an SQL database."""
