"""The wire format: what travels through the event log, and how it is read. Pure."""
