"""What the gateway tells of a situation: its alerts, timeline, cost, what changed around its beginning, post-mortem."""
