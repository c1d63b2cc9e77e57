"""The kernel: what every process of Vedette shares."""
