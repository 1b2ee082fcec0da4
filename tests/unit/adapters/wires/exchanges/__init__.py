"""Exchanges with vendors. Each says its origin: `documented` (from the vendor's reference) or `sdk` (from the fixtures
or types that its SDK publishes), and which. None was recorded from a live service.
"""
