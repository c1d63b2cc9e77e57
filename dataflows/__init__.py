"""The dataflows: each is built by a function; their window and statistics code beside them is pure."""
