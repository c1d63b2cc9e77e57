"""The command line, and `vedette up`: composition only."""
