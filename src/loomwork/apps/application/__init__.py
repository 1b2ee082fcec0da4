"""Use cases of apps, a verb a file. `service.py` binds them to what they need."""
