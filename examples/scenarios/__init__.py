"""Five ways in which real data go wrong, each found in data that are quiet otherwise. Run one: `python -m examples.scenarios.units`."""
