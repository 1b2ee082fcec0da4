"""Tools that come with Loomwork or are described by a file: those that are requests, and those written in Python."""
