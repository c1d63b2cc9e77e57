"""Limits: what a plugin's process may take, set by itself between its fork and the plugin's first line."""

import os
import resource
import signal

MOST_FILE = 64 << 20
"""Longest file that a plugin may write, in bytes."""
MOST_FILES = 256
_PR_SET_PDEATHSIG = 1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import CDLL


def enter(libc: "CDLL", launcher: int, timeout_s: float, memory_mb: int) -> None:
    """Make this process a group of its own, mortal, poor and polite.

    It dies with the launcher. Memory is limited as data (what is really private to it): a limit of the address space
    would refuse programs that only reserve much.
    """
    os.setsid()
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != launcher:  # it died before the request
        os._exit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    memory = memory_mb << 20
    for what, wanted in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, MOST_FILE),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CPU, int(timeout_s) + 2),
    ):
        _, hard = resource.getrlimit(what)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (most, most))
    os.nice(10)
    try:
        with open("/proc/self/oom_score_adj", "wb", 0) as file:  # noqa: PTH123 - pathlib is not loaded here
            file.write(b"1000")  # if the host runs out of memory, plugins go first
    except OSError:
        pass


def connect_outputs(result: int, noise: int, *sockets: int) -> None:
    """Descriptors: nothing to read at 0, what is printed to `noise`, the answer to 3, sockets from 4, no others."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    kept = [os.dup(number) for number in (nothing, noise, noise, result, *sockets)]
    for place, number in enumerate(_above(kept)):
        os.dup2(number, place)
    os.closerange(len(kept), 1024)
    for place in range(3, len(kept)):
        os.set_inheritable(place, False)  # these are the plugin's alone, not of the programs that it starts


def _above(numbers: list[int]) -> list[int]:
    """The same descriptors, none of them low, so that putting one in its place does not close another."""
    return [os.dup2(number, 100 + place) for place, number in enumerate(numbers)]
