"""The bond's times, in seconds."""

TICK_S = 0.2
"""Longest time in which nobody looks whether to end."""
EVERY_S = 2.0
"""Between two signs of life."""
SILENT_S = 20.0
"""Who is silent so long has vanished. A process that dies is noticed at once, by the end of its connection: this is for
machines and networks that fail, and much longer than a busy process may keep the interpreter's lock."""
PARTING_S = 10.0
"""Longest wait for the others after this process's part has ended."""
SAY_EVERY_S = 10.0
"""Between two lines in the log about who is missing."""
