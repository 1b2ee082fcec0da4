"""TaskingAI's API: its clients work unchanged."""
