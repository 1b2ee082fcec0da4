"""OpenAI's API: its clients work unchanged."""
