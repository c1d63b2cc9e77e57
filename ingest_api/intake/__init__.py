"""Intake: request bodies into messages of the event log, acknowledged only when the log has them."""
