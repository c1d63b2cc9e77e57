"""Streams: what arrives in the log, to viewers, as it arrives."""
