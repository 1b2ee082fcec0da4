"""Makes blocks, and text, of documents, each in a process of its own that is walled in and limited.

Nothing is imported here: the process that reads a document starts with what it needs, not with what the server has.
"""
