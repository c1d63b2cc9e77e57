"""Kinds: plugins that ask what is not Python: Nagios checks, Prometheus exporters, JSON, StatsD clients.

Each is a plugin like the native ones, written against the SDK and run in a process of its own.
"""
