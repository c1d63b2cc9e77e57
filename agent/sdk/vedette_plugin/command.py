"""Commands: what another program prints, with a time limit and a limit of bytes."""

import subprocess
import threading

from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

MOST = 1 << 20
_LONGEST_LINE = 64 << 10
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "LANG": "C"}


def output(command: "Sequence[str]", *, timeout_s: float, most: int = MOST, allowed: "Container[int]" = (0,)) -> str:
    """What `command` prints, run without a shell and in the C locale.

    Raises `PluginError` if it cannot be started, takes too long, prints more than `most` bytes, or ends with a code
    that is not `allowed` (then with what it said).
    """
    try:
        done = subprocess.run(
            list(command),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            env=_ENVIRONMENT,
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


def lines(command: "Sequence[str]", *, timeout_s: float) -> "Iterator[str]":
    """The same line by line, however much it is; none of them is kept. Of a line above 64 kB the beginning comes."""
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
        )
    except OSError as error:
        raise PluginError(f"{command[0]} cannot be started: {error.strerror}") from error
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    over = threading.Timer(timeout_s, end)
    try:
        over.start()
        assert process.stdout is not None
        whole = True
        while line := process.stdout.readline(_LONGEST_LINE):
            if whole:
                yield line.decode("utf-8", "replace").rstrip("\n")
            whole = line.endswith(b"\n")
        process.wait()  # it may have something left to do; the timer still watches
    finally:
        over.cancel()
        process.kill()
        code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if code != 0:
        ended = f"took longer than {timeout_s:.0f} s" if late.is_set() else f"ended with code {code}"
        raise PluginError(f"{command[0]} {ended}")
