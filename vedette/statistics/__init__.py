"""Statistics that both the dataflows and the gateway compute. Pure."""
