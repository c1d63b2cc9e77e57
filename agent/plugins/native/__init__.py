"""Native plugins: one file for each server or part of a host, none imported by the agent itself.

A new one is its file, its tests, and the list in `docs/plugin-list.md`, which is generated.
"""
