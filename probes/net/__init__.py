"""The network under all check types: names, addresses, connections, TLS, each timed as its own phase."""
