"""Who is it, and what may they do: passwords, tokens, scopes. Pure: no sockets, no tables."""
