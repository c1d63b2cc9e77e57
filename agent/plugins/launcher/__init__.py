"""The launcher: the one process that starts plugins' processes, watches them, and ends them.

`program.py` runs in that process, `limits.py` in each child before its plugin, `watching.py` looks at process trees,
`client.py` is the agent's end.
"""
