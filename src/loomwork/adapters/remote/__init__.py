"""A neighbour's `api.py` over HTTP, when it runs as its own service."""
