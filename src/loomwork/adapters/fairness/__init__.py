"""What one workspace has of a process beside the others: what each uses is counted, and who uses least goes first."""
