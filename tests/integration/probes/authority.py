"""Authority: makes certificates that are good, or bad in ways of their own."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

CONFIG = """
[ca]
default_ca=d
[d]
database=index
rand_serial=yes
default_md=sha256
unique_subject=no
policy=p
new_certs_dir=.
[p]
commonName=supplied
[req]
distinguished_name=n
[n]
[authority]
basicConstraints=critical,CA:true
[good]
subjectAltName=IP:127.0.0.1
[client]
subjectAltName=IP:127.0.0.1
extendedKeyUsage=clientAuth
[nameless]
basicConstraints=CA:false
"""
PAST, NOW, FUTURE, FAR = "20200101000000Z", "20240101000000Z", "20900101000000Z", "20990101000000Z"


class Authority:
    """A certificate authority of its own in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "config").write_text(CONFIG)
        (folder / "index").write_text("")
        self.certificate = self._signed("authority", "authority", PAST, FAR, own=True)

    def server(self, extension: str = "good", start: str = NOW, end: str = FAR) -> ssl.SSLContext:
        """A server's side of TLS with a certificate that this authority signed."""
        path = self._signed("leaf", extension, start, end)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, self._folder / "leaf.key")
        return context

    def _signed(self, name: str, extension: str, start: str, end: str, *, own: bool = False) -> Path:
        asking = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        asking += ["-keyout", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr"]
        signing = ["ca", "-batch", "-notext", "-in", f"{name}.csr", "-out", f"{name}.crt", "-extensions", extension]
        signing += ["-startdate", start, "-enddate", end, "-keyfile", "authority.key"]
        signing += ["-selfsign"] if own else ["-cert", "authority.crt"]
        for command in (asking, signing):
            line = ["openssl", *command, "-config", "config"]
            subprocess.run(line, cwd=self._folder, check=True, capture_output=True)
        return self._folder / f"{name}.crt"
