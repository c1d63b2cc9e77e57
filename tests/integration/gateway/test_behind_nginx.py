"""Streams behind a proxy that buffers: nginx as it is installed, over HTTP/1.1 and over TLS with HTTP/2."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.e2e.installation import eventually, free_port
from tests.integration.gateway.realtime_site import Watcher, begin, publish, token_of
from tests.integration.gateway.server import Gateway
from tests.patience import PATIENCE_S

_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors; {user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass {url}; }} }}
  server {{
    listen 127.0.0.1:{secure} ssl http2; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ proxy_pass {url}; }}
  }}
}}
"""


@pytest.fixture
def proxies(fresh: Gateway, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Addresses of an nginx before the gateway, with its defaults: answers are buffered."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        assert not os.environ.get("CI"), "nginx is missing"
        pytest.skip("nginx is missing")
    names = ("-subj", "/CN=localhost", "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names], check=True, capture_output=True
    )
    process, where = started(nginx, tmp_path, fresh.url)
    try:
        yield where
    finally:
        process.terminate()
        process.wait(30)


def started(nginx: str, folder: Path, url: str) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """nginx, once it answers. Ports that were free may be taken meanwhile by somebody's connections: then on others."""
    user = "user root;" if os.getuid() == 0 else ""
    for _ in range(5):
        plain, secure = free_port(), free_port()
        text = _CONFIGURATION.format(folder=folder, plain=plain, secure=secure, url=url, user=user)
        (folder / "nginx.conf").write_text(text)
        process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")])
        where = {"HTTP/1.1": f"http://127.0.0.1:{plain}", "HTTP/2": f"https://127.0.0.1:{secure}"}
        eventually("nginx answers, or ends", partial(answers_or_ended, process, where["HTTP/1.1"]))
        if process.poll() is None:
            return process, where
    raise AssertionError((folder / "errors").read_text())


def answers_or_ended(process: subprocess.Popen[bytes], url: str) -> bool:
    return process.poll() is not None or httpx.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
def test_frames_come_through_as_they_are_published(site: Gateway, proxies: dict[str, str], version: str) -> None:
    session = begin(site)
    token = token_of(site, session)
    headers = {"Authorization": f"Bearer {site.ours.tokens['read']}"}
    path = f"/v1/realtime/sessions/{session['id']}/stream"
    with (
        httpx.Client(base_url=proxies[version], http2=version == "HTTP/2", verify=False, timeout=PATIENCE_S) as client,
        client.stream("GET", path, headers=headers) as response,
    ):
        assert (response.status_code, response.http_version) == (200, version)
        watcher = Watcher(response)
        for seq in (1, 2, 3):  # each is seen before the next is sent: nothing waits in a buffer
            assert publish(site, token, seq).status_code == 204
            assert watcher.next("frame").data["seq"] == seq
        site.call("DELETE", f"/v1/realtime/sessions/{session['id']}", "read")
        assert watcher.rest()[-1].kind == "end"
