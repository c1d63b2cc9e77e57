"""HTTP/2: one request and its answer on a connection of its own, by `h2`; loaded when it is first spoken."""
