"""Models that run on this machine, each in a child process of ours that speaks `openai_chat` on loopback."""
