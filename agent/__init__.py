"""The host agent: what this machine measures about itself, reported once an interval through the spool."""
