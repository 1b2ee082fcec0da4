"""What people ask of plugins."""
