"""What the servers are run from: fetched once by each ecosystem's own client, kept in a cache for all testbeds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.testbed.server import TestbedError

_POM = Path(__file__).with_name("pom.xml")
_GATEWAY = "1.8.0"
_GATEWAY_MODULE = "github.com/versity/versitygw/cmd/versitygw"
_GO_FETCHES = 21
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_SUITE = "trixie"
_PACKAGES = "postgresql-17-timescaledb"
# mmdebstrap mounts inside the root it makes. In a name space of its own, a broken-off run leaves no mount behind,
# through which the next run would delete what is not its own.
_DEBIAN = ["unshare", "--mount", "--propagation", "private", "mmdebstrap"]
# A tool, and the Debian package that has it.
_TOOLS = {
    "java": "default-jre-headless",
    "mvn": "maven",
    "mmdebstrap": "mmdebstrap",
    "unshare": "util-linux",
}


class Cache:
    """A folder with one entry per thing and version.

    An entry is made beside its place and then moved there: it is whole, or it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kafka(self) -> Path:
        """The folder of the broker's jars."""
        version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
        return self._entry(f"kafka-{version}", ["java", "mvn"], _fetch_jars)

    def timescale(self) -> Path:
        """A Debian root with PostgreSQL 17 and TimescaleDB."""
        return self._entry(f"{_SUITE}-{_PACKAGES}", ["mmdebstrap", "unshare"], _make_root)

    def s3(self) -> Path:
        """The program of the S3 server."""
        return self._entry(f"versitygw-{_GATEWAY}", ["mmdebstrap", "unshare"], _build_gateway) / "versitygw"

    def _entry(self, name: str, tools: list[str], make: Callable[[Path], None]) -> Path:
        place = self._folder / name
        # A kept entry may have come from another machine with the cache: the Java that runs it need not be here.
        if place.exists() and (shutil.which("java") or "java" not in tools):
            return place
        self._folder.mkdir(parents=True, exist_ok=True)
        with _alone(self._folder / ".packages"):
            _install([_TOOLS[tool] for tool in tools if shutil.which(tool) is None])
        with _alone(self._folder / f".{name}"):
            if not place.exists():
                draft = self._folder / f"{name}.draft"
                shutil.rmtree(draft, ignore_errors=True)
                make(draft)
                draft.rename(place)
        return place


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(packages: list[str]) -> None:
    if not packages:
        return
    if os.geteuid() != 0:
        raise TestbedError(f"as root, install these packages first: {' '.join(packages)}")
    _run(["apt-get", "update", "-qq"])
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])


def _fetch_jars(folder: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    _run(command)


def _make_root(folder: Path) -> None:
    _run([*_DEBIAN, "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(folder)])
    folder.chmod(0o755)


def _build_gateway(folder: Path) -> None:
    """With the machine's Go if that can fetch the version that the module asks for, else with a newer Debian's."""
    folder.mkdir()
    build = ["go", "install", "-trimpath", "-ldflags=-s -w", f"{_GATEWAY_MODULE}@v{_GATEWAY}"]
    if _go_fetches_newer():
        _run(build, GOBIN=str(folder), GOTOOLCHAIN="auto")
        return
    # Whom this machine trusts, which may be more than Debian does.
    trust = [f"upload {_AUTHORITIES} {_AUTHORITIES}"] if Path(_AUTHORITIES).exists() else []
    hooks = [
        *trust,
        f'HOME=/root GOBIN=/root GOTOOLCHAIN=auto chroot "$1" {shlex.join(build)}',
        f"copy-out /root/versitygw {shlex.quote(str(folder))}",
    ]
    options = ["--variant=minbase", "--format=null", "--include=golang-go,ca-certificates"]
    _run([*_DEBIAN, *options, *(f"--customize-hook={hook}" for hook in hooks), _SUITE, os.devnull])


def _go_fetches_newer() -> bool:
    """Whether there is a Go of 1.21 or later: these fetch a newer one by themselves, where a module needs it."""
    if shutil.which("go") is None:
        return False
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd="/").stdout
    found = re.match(r"go1\.(\d+)", said)
    return found is not None and int(found[1]) >= _GO_FETCHES


def _run(command: list[str], **environment: str) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **environment}
    done = subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()[-3000:]
        raise TestbedError(f"this failed with exit code {done.returncode}: {' '.join(command)}\n{output}")
