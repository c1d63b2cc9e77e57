"""The agent as one of a fleet: its identity, its check-ins, the orders and the configuration that it follows."""
