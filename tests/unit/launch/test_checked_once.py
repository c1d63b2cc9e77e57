"""One check from here: what it prints, and which endpoints it refuses to check."""

from __future__ import annotations

import pytest

from launch.checked_once import Looked, check_once, lines_of
from launch.commands.monitor import told
from probes.net.certificate_names import CertificateNames
from vedette.errors import InvalidInput
from vedette.events.checks import CheckResult, Phases

NOW = 1_700_000_000_000
DAY = 86_400_000


def result(**fields: object) -> CheckResult:
    made = CheckResult(1, "here", NOW, NOW, "up", total_ms=12.34, phases=Phases(dns=1.0, ttfb=1234.56))
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_phases_that_were_reached_are_aligned_and_others_left_out() -> None:
    lines = list(lines_of("http://a/", Looked(result(status=200), NOW)))
    assert lines[0] == "http://a/: up"
    assert lines[2:] == [
        "dns          1.0 ms",
        "ttfb      1234.6 ms",
        "total       12.3 ms",
        "status  200",
        "bytes   0",
    ]


@pytest.mark.parametrize(
    ("expires", "said"), [(NOW + 36 * DAY // 24, "1.5 days left"), (NOW - 2 * DAY, "expired 2.0 days ago")]
)
def test_a_certificate_is_shown_with_its_days(expires: int, said: str) -> None:
    (line,) = [
        one for one in lines_of("https://a/", Looked(result(tls_expires=expires), NOW)) if one.startswith("certificate")
    ]
    assert said in line
    assert "2023-11-1" in line


def test_all_that_is_known_of_a_connection_and_its_certificate_is_a_table() -> None:
    names = tuple(f"{letter}.example" for letter in "abcdefgh")
    seen = CertificateNames("a.example, Shop", "Authority 3, Authorities", names, NOW - DAY)
    looked = Looked(result(tls_expires=NOW + 36 * DAY), NOW, "192.0.2.1", 2, "TLSv1.3", seen)
    assert list(lines_of("https://a.example/", looked))[5:] == [
        "redirects    2",
        "bytes        0",
        "address      192.0.2.1",
        "tls          TLSv1.3",
        "certificate  a.example, Shop",
        "  for        a.example, b.example, c.example, d.example, e.example, f.example and 2 more",
        "  issuer     Authority 3, Authorities",
        "  since      2023-11-13 22:13 UTC",
        "  until      2023-12-20 22:13 UTC (36.0 days left)",
    ]


def test_what_an_endpoint_says_cannot_move_the_cursor() -> None:
    shown = "\n".join(
        lines_of("http://a/", Looked(result(error="x\x1b[2J\r\n", evidence={"body": "\x9b31m\x07"}), NOW))
    )
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert r"x\x1b[2J\r\n" in shown


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"url": "shop.example"}, "url"), ({"timeout_s": 0}, "timeout_s"), ({"headers": {"a b": "c"}}, "headers"),
     ({"method": "SPY"}, "method"), ({"expected_status": ["9xx"]}, "expected_status"),
     ({"apdex_t_ms": 9000}, "monitor")],
)  # fmt: skip
def test_a_check_that_cannot_be_is_refused_with_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_once({"url": "http://127.0.0.1:9/", "name": "test", **fields}, "here")
    assert caught.value.field == field
    assert caught.value.allowed


def test_an_import_is_told_line_by_line() -> None:
    place = {"entry": 1, "where": "monitors[0]", "line": 3}
    found = {
        "dry_run": True, "created": 1, "updated": 1, "unchanged": 1, "refused": 1, "skipped": 1,
        "monitors": [
            {**place, "name": "a", "action": "create", "changes": [], "notes": ["x: not carried over"]},
            {**place, "name": "b", "action": "update", "changes": ["url", "paused"], "notes": []},
            {**place, "name": "c", "action": "unchanged", "changes": [], "notes": []},
        ],
        "passed_over": [{**place, "line": None, "reason": "has no GET operation"}],
        "faults": [{**place, "name": None, "field": "url", "value": "'x'", "allowed": "a URL"}],
    }  # fmt: skip
    assert told(found) == [
        "create a",
        "  note: x: not carried over",
        "update b (url, paused)",
        "passed over monitors[0]: has no GET operation",
        "refused monitors[0] (line 3): url: 'x' is not allowed; allowed: a URL",
        "would be: 1 created, 1 updated, 1 unchanged, 1 refused, 1 skipped",
    ]
