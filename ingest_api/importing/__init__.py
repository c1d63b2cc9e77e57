"""Importing: monitors out of files, our own and those of other tools; a format is its file and a line in `formats`."""
