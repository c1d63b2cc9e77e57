"""The load generator: a known load through the front door, and the check that every tier and the archive hold it."""
