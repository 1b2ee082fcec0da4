"""Dify's Service API: its clients work unchanged with an app key."""
