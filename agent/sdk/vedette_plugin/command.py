"""Commands: what another program prints, with a time limit and a limit of bytes."""

import subprocess

from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Sequence

MOST = 1 << 20


def output(command: "Sequence[str]", *, timeout_s: float, most: int = MOST, allowed: "Container[int]" = (0,)) -> str:
    """What `command` prints, run without a shell and in the C locale.

    Raises `PluginError` if it cannot be started, takes too long, prints more than `most` bytes, or ends with a code
    that is not `allowed` (then with what it said).
    """
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "LANG": "C"}
    try:
        done = subprocess.run(
            list(command),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PluginError(f"{command[0]} took longer than {timeout_s:.0f} s") from error
    except OSError as error:
        raise PluginError(f"{command[0]} cannot be started: {error.strerror}") from error
    if len(done.stdout) > most:
        raise PluginError(f"{command[0]} printed more than {most} bytes")
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode not in allowed:
        said = done.stderr.decode("utf-8", "replace").strip() or text.strip()
        raise PluginError(f"{command[0]} ended with code {done.returncode}", said[:500])
    return text
