"""Exchanges with vendors. Each says its origin: `documented` (events, fields and their order as the vendor's reference
describes them, with texts and numbers of our own) or `sdk` (a fixture that its SDK publishes), and which. None was
recorded from a live service.
"""
