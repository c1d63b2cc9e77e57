"""Plugins: whatever else a host can tell, each run in a process of its own."""
