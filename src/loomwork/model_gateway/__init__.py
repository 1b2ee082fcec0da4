"""Talks to any model: catalog, credentials, routing, usage."""
