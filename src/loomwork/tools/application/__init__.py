"""What may be done with tools, a use case a file."""
