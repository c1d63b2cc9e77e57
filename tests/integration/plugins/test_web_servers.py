"""Plugins for web servers and what they show: nginx and HAProxy themselves, URLs, ports, certificates."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from agent.plugins.native.apache import ApachePlugin
from agent.plugins.native.certificate import CertificatePlugin
from agent.plugins.native.haproxy import HaproxyPlugin
from agent.plugins.native.nginx import NginxPlugin
from agent.plugins.native.port import PortPlugin
from agent.plugins.native.url import UrlPlugin
from agent.plugins.native.uwsgi import UwsgiPlugin
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from vedette_plugin.http import fetch
from vedette_plugin.testing import run_once

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors; {user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "it works"; }}
    location /status {{ stub_status; }}
    location /closed {{ return 503; }}
  }}
  server {{
    listen 127.0.0.1:{secure} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ return 200 "secret"; }}
  }}
}}
"""
HAPROXY = """
global
  stats socket {folder}/admin.sock
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:{port}
  default_backend app
  maxconn 100
backend app
  server good 127.0.0.1:{good} check inter 100
  server bad 127.0.0.1:{bad} check inter 100
  server out 127.0.0.1:{good} disabled
frontend page
  bind 127.0.0.1:{page}
  stats enable
  stats uri /stats
  stats auth admin:secret
"""


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0) as process:
        try:
            wait_until(partial(listens, port), process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def certified(folder: Path, days: int = 30) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), *names, *files]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Ports of a real nginx, plain and over TLS."""
    program = installed("nginx", "nginx-light")
    certified(tmp_path)
    port, secure = free_port(), free_port()
    user = "user root;" if os.getuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, port=port, secure=secure, user=user))
    with running([program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], port):
        yield port, secure


def test_nginx_tells_its_connections_and_requests(nginx: tuple[int, int]) -> None:
    url = f"http://127.0.0.1:{nginx[0]}/status"
    first = good(run_once(NginxPlugin, {"url": url}))
    assert {name.partition("{")[0] for name in first} == {f"nginx.{metric.name}" for metric in NginxPlugin.metrics}
    for _ in range(5):
        fetch(f"http://127.0.0.1:{nginx[0]}/", timeout_s=5)
    second = good(run_once(NginxPlugin, {"url": url}))
    assert second["nginx.requests"] - first["nginx.requests"] == 6
    assert second["nginx.accepted"] - first["nginx.accepted"] == 6
    assert second["nginx.dropped"] == 0
    assert second["nginx.connections"] >= second["nginx.writing"] == 1


def test_a_page_that_is_not_nginx_s_is_told(nginx: tuple[int, int]) -> None:
    run = run_once(NginxPlugin, {"url": f"http://127.0.0.1:{nginx[0]}/"})
    assert run.failure is not None
    assert run.failure.subject == "this is not the page of stub_status"


def test_haproxy_tells_what_is_up_and_how_much_goes_through(nginx: tuple[int, int], tmp_path: Path) -> None:
    program = installed("haproxy", "haproxy")
    port, page = free_port(), free_port()
    text = HAPROXY.format(folder=tmp_path, port=port, page=page, good=nginx[0], bad=free_port())
    (tmp_path / "haproxy.cfg").write_text(text)
    with running([program, "-db", "-f", str(tmp_path / "haproxy.cfg")], port):
        options = {"address": str(tmp_path / "admin.sock")}
        bad = 'haproxy.up{part="bad",proxy="app"}'
        wait_until(lambda: run_once(HaproxyPlugin, options).values.get(bad) == 0)
        before = good(run_once(HaproxyPlugin, options))
        for _ in range(4):
            fetch(f"http://127.0.0.1:{port}/", timeout_s=5)
        found = good(run_once(HaproxyPlugin, options))
        shown = {"url": f"http://127.0.0.1:{page}/stats"}
        by_page = run_once(HaproxyPlugin, {**shown, "user": "admin", "password": "secret"})
        refused = run_once(HaproxyPlugin, shown)
    labels = '{part="frontend",proxy="web"}'
    assert found[f"haproxy.sessions_total{labels}"] - before[f"haproxy.sessions_total{labels}"] == 4
    assert found[f"haproxy.sent_bytes{labels}"] > before[f"haproxy.sent_bytes{labels}"]
    assert found['haproxy.responses{part="frontend",proxy="web",status="2xx"}'] >= 4
    assert found['haproxy.up{part="good",proxy="app"}'] == found['haproxy.up{part="backend",proxy="app"}'] == 1
    assert 'haproxy.up{part="out",proxy="app"}' not in found, "somebody wants it so"
    assert found['haproxy.servers_up{proxy="app"}'] == 1
    assert 0 <= found[f"haproxy.sessions_ratio{labels}"] <= 1
    assert good(by_page).keys() >= found.keys()
    assert refused.failure is not None
    assert "401" in refused.failure.subject


APACHE = """
ServerRoot {folder}
PidFile {folder}/httpd.pid
ErrorLog {folder}/httpd.errors
Mutex file:{folder}
Listen 127.0.0.1:{port}
ServerName localhost
{user}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule status_module /usr/lib/apache2/modules/mod_status.so
ExtendedStatus On
MaxRequestWorkers 50
<Location "/status">
  SetHandler server-status
</Location>
"""


def test_apache_tells_its_requests_and_workers(tmp_path: Path) -> None:
    program, port = installed("apache2", "apache2-bin"), free_port()
    user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
    (tmp_path / "httpd.conf").write_text(APACHE.format(folder=tmp_path, port=port, user=user))
    url = f"http://127.0.0.1:{port}/status?auto"
    with running([program, "-X", "-f", str(tmp_path / "httpd.conf")], port):
        first = good(run_once(ApachePlugin, {"url": url}))
        for _ in range(5):
            fetch(url, timeout_s=5)
        second = good(run_once(ApachePlugin, {"url": url}))
        human = run_once(ApachePlugin, {"url": url.removesuffix("?auto")})
    assert {name.partition("{")[0] for name in first} == {f"apache.{metric.name}" for metric in ApachePlugin.metrics}
    assert 5 <= second["apache.requests"] - first["apache.requests"] <= 7
    assert second["apache.busy"] >= 1
    assert second["apache.idle"] > 1
    assert 0 < second["apache.busy_ratio"] < 1
    assert second['apache.workers{work="sending"}'] >= 1
    assert human.failure is not None


def test_uwsgi_tells_its_requests_and_workers() -> None:
    program, port, stats = installed("uwsgi-core", "uwsgi-core"), free_port(), free_port()
    command = [program, "--http-socket", f"127.0.0.1:{port}", "--stats", f"127.0.0.1:{stats}", "--master"]
    command += ["--workers", "3", "--memory-report", "--die-on-term", "--plugin", "notfound"]
    with running(command, stats):
        first = good(run_once(UwsgiPlugin, {"address": f"127.0.0.1:{stats}"}))
        for _ in range(4):
            assert fetch(f"http://127.0.0.1:{port}/", timeout_s=5, allow_errors=True).status == 404
        seen = f"127.0.0.1:{stats}"
        wait_until(lambda: run_once(UwsgiPlugin, {"address": seen}).values.get('uwsgi.workers{work="idle"}') == 3)
        found = good(run_once(UwsgiPlugin, {"address": seen}))
        wrong = run_once(UwsgiPlugin, {"address": f"127.0.0.1:{port}"}, timeout_s=1.0)
    assert found["uwsgi.requests"] - first["uwsgi.requests"] == 4
    assert found['uwsgi.workers{work="idle"}'] == 3
    assert (found["uwsgi.busy_ratio"], found["uwsgi.queue"], found["uwsgi.exceptions"]) == (0, 0, 0)
    assert found["uwsgi.sent_bytes"] > 0
    assert wrong.failure is not None


def test_a_url_is_up_if_status_and_text_are_right(nginx: tuple[int, int]) -> None:
    where = f"http://127.0.0.1:{nginx[0]}"
    found = good(run_once(UrlPlugin, {"url": where, "contains": "it works"}))
    assert (found["url.up"], found["url.status"], found["url.size_bytes"]) == (1, 200, 8)
    assert 0 < found["url.answer_s"] < 5
    assert good(run_once(UrlPlugin, {"url": where, "contains": "it fails"}))["url.up"] == 0
    assert good(run_once(UrlPlugin, {"url": f"{where}/closed"}))["url.up"] == 0
    assert good(run_once(UrlPlugin, {"url": f"{where}/closed", "status": 503}))["url.up"] == 1
    assert good(run_once(UrlPlugin, {"url": f"https://localhost:{nginx[1]}", "verify": False}))["url.up"] == 1


def test_a_url_that_nobody_answers_is_down_and_says_why() -> None:
    run = run_once(UrlPlugin, {"url": f"http://127.0.0.1:{free_port()}"})
    assert good(run) == {"url.up": 0}
    assert "cannot connect" in run.errors[0][0]
    bad = run_once(UrlPlugin, {"url": "ftp://x"})
    assert bad.failure is not None


def test_a_port_is_open_or_closed_and_may_have_to_say_something(nginx: tuple[int, int], tmp_path: Path) -> None:
    found = good(run_once(PortPlugin, {"address": f"127.0.0.1:{nginx[0]}"}))
    assert found["port.open"] == 1
    assert 0 <= found["port.connect_s"] < 5
    untrusted = run_once(PortPlugin, {"address": f"127.0.0.1:{nginx[1]}", "tls": True})
    assert good(untrusted) == {"port.open": 0}
    assert "certificate" in untrusted.errors[0][0].lower()
    options = {"address": f"127.0.0.1:{nginx[1]}", "tls": True, "verify": False}
    assert good(run_once(PortPlugin, options))["port.open"] == 1
    closed = run_once(PortPlugin, {"address": f"127.0.0.1:{free_port()}"})
    assert good(closed) == {"port.open": 0}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        silent = {"address": str(tmp_path / "s"), "expect": "220 "}
        assert good(run_once(PortPlugin, silent, timeout_s=1.0))["port.expected"] == 0
    assert run_once(PortPlugin, {"address": "nonsense"}).failure is not None


def test_a_certificate_s_days_are_counted_whether_it_is_trusted_or_not(nginx: tuple[int, int], tmp_path: Path) -> None:
    address = f"localhost:{nginx[1]}"
    run = run_once(CertificatePlugin, {"address": address})
    found = good(run)
    assert found["certificate.trusted"] == 0
    assert "self-signed" in run.errors[0][0] or "self signed" in run.errors[0][0]
    assert found["certificate.valid_days"] == pytest.approx(30, abs=0.1)
    assert found["certificate.age_days"] == pytest.approx(0, abs=0.1)
    known = {"address": address, "authorities": str(tmp_path / "cert.pem")}
    assert good(run_once(CertificatePlugin, known))["certificate.trusted"] == 1
    assert good(run_once(CertificatePlugin, {**known, "server_name": "other.example"}))["certificate.trusted"] == 0
    certified(tmp_path, days=36_500)  # beyond 2049 times are written in another way
    lasting = good(run_once(CertificatePlugin, {"file": str(tmp_path / "cert.pem")}))
    assert lasting["certificate.valid_days"] == pytest.approx(36_500, abs=0.1)


@pytest.mark.parametrize("options", [{}, {"file": "x", "address": "y:1"}, {"file": "/etc/hostname"}, {"file": "/none"}])
def test_what_is_no_certificate_is_told(options: dict[str, str]) -> None:
    assert run_once(CertificatePlugin, options).failure is not None
