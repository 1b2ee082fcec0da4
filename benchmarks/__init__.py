"""What Loomwork claims, measured beside its peers in one run."""
