"""Model files on this machine: where they are kept, and how they come here."""
