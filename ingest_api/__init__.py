"""The gateway: HTTP intake, queries, sign-in, event streams, administration."""
