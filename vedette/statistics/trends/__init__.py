"""Changes of an endpoint's Apdex: steps, slow declines, comparisons; false alarms at the rate asked for. Pure."""
