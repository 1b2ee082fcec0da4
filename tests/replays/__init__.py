"""Runs as their journals kept them, replayed by every release after the one that recorded them."""
