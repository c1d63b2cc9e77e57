"""Sinks: where the dataflows' results go. Each is idempotent, so that a replay after a crash changes nothing."""
