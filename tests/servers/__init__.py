"""Real servers for tests: where they come from, in which order they are looked for, and what is said without them."""
