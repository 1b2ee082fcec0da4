"""A terminal: the commands of `loomwork`."""
