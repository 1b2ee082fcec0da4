"""What runs inside the jail. It imports the standard library only, and nothing of it runs in a server's process."""
