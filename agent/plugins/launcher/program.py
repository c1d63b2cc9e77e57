"""The launcher's program, started as `python -I -S -B program.py PATH…` with a SOCK_SEQPACKET socket as standard input.

The paths are where Python looks for the SDK, for this room, and for what is installed.
"""

import sys


def main() -> None:
    """Serve until the agent is gone."""
    sys.path += sys.argv[1:]
    from agent.plugins.launcher.serving import serve

    serve()


if __name__ == "__main__":
    main()
