"""The world, a folder per outside thing; implements ports."""
