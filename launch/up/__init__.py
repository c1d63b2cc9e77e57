"""`vedette up`: everything on this machine, supervised."""
