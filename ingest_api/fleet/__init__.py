"""The fleet as the gateway sees it: clones, merged configuration, orders to agents. The first two are pure."""
