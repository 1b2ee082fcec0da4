"""One program for each engine. Each reads a question per line and answers it with a line: seconds, and what came out.

They stay alive between lines, so that the rounds of all engines can be interleaved on one machine.
"""
