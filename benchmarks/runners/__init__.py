"""One program for each engine. Each reads a shape's name per line and answers with the seconds that one run took.

They stay alive between lines, so that the rounds of all engines can be interleaved on one machine.
"""
