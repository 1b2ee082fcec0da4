"""Conversations and messages (a turn: input, answer, run, usage), for apps and every face."""
