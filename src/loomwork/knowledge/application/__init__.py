"""What may be done with knowledge bases, a verb a file."""
