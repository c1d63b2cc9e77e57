"""The testbed: real servers on loopback, without a container registry."""
