"""Alerting: rules and their states (pure), the outbox of notifications, and the channels that carry them."""
