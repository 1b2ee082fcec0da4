"""What a plugin says of itself, and what may be said."""
