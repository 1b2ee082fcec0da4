"""Runs code that may be hostile in processes that can reach nothing: no file, no network, no other process.

`pool` is the door. Nothing is imported here: `inside` runs in the jail, with the standard library alone.
"""
