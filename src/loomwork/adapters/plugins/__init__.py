"""Plugins: where they lie, the environments that are made for them, and the processes that run them."""
