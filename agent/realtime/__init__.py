"""Realtime: this host, second by second, while somebody watches it."""
