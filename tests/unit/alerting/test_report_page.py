"""Reports as HTML, text and pictures: what they say, that nothing in them is markup, and how large they may be."""

from __future__ import annotations

import struct
import zlib
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from alerting.reports.alerts import alerting_of
from alerting.reports.charts import HEIGHT, WIDTH, pixels_of, png_of
from alerting.reports.contents import Bands, Contents, Hosts, Named, as_json, from_json
from alerting.reports.page import html_of, pictures_of, whole_page
from alerting.reports.phrases import difference, duration, moment, percent
from alerting.reports.sections import Chart, kind_of, sections_of, title_of
from alerting.reports.text import text_lines
from tests.unit.alerting.report_contents import (
    MONDAY,
    NASTY,
    NOBODY,
    alert,
    contents,
    endpoint,
    endpoints,
    every_part,
)
from vedette.notifying.report import HOUR_MS, PARTS

MOST_BYTES = 100_000
"""Mail readers cut longer pages."""


class Reading(HTMLParser):
    """What a page has: elements with their attributes, and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_of(found: Contents) -> Reading:
    return Reading(html_of(found, lambda chart: f"cid:{chart.name}@x", "https://vedette.example"))


def text_of(found: Contents) -> str:
    return "\n".join(text_lines(found))


def nasty(count: int = 1) -> Contents:
    """A report whose every word comes from somebody else, and whose lists are as long as they may be."""
    rows = [alert(n, title=NASTY * 9, rule_name=NASTY * 9, subject=NASTY, acknowledged_by=NASTY) for n in range(count)]
    names = Named([((NASTY * 9)[:100], (NASTY * 9)[:100], MONDAY)] * min(count, 20), count)
    places = [endpoint(n, name=(NASTY * 9)[:120]) for n in range(min(count, 10))]
    return every_part(
        name=NASTY,
        endpoints=endpoints(worst=places, slowest=places),
        alerting=alerting_of(rows, rows, rows, names, names, "UTC"),
        changed=names,
        drift=names,
        hosts=Hosts(total=count, fresh=names, silent=names),
    )


def test_a_week_is_told_with_what_it_was_before() -> None:
    found = contents()
    assert f"{kind_of(found)}: {title_of(found)}" == ("Weekly report: week, Mon 23 Nov to Sun 29 Nov: 1 alert, 0 open")
    text = text_of(found)
    assert "- Uptime (mean): 99.500 % (before 100 %)" in text
    assert "- shop: Uptime 99.000 %, before 100 %, Reachability 95.000 %, Down 1 h 41 min, Apdex 0.85 [0.5]" in text
    assert "at most 5.00 % in the hour from Fri 27 Nov 04:00" in text
    assert "- until over (mean): 1 min 30 s (before -)" in text
    texts = " ".join(page_of(found).texts)
    for word in ("Uptime (mean)", "99.500 %", "-0.500", "Excellent", "0.85 [0.5]", "Alert load", "Outage"):
        assert word in texts


def test_every_picture_has_words_and_is_named_by_the_mail() -> None:
    images = [attributes for tag, attributes in page_of(contents()).elements if tag == "img"]
    assert [image["src"] for image in images] == ["cid:failures@x", "cid:apdex@x", "cid:load@x"]
    assert all(image["alt"] for image in images)
    assert [chart.name for chart, _ in pictures_of(contents())] == ["failures", "apdex", "load"]


@pytest.mark.parametrize("count", [1, 5000])
def test_nothing_that_others_have_said_is_markup_or_another_line(count: int) -> None:
    found = page_of(nasty(count))
    assert {tag for tag, _ in found.elements} <= {
        *["html", "head", "meta", "title", "body"],
        *["table", "tr", "td", "th", "h1", "h2", "p", "img", "a"],
    }
    assert all(not name.startswith("on") for _, attributes in found.elements for name in attributes)
    assert [attributes["href"] for tag, attributes in found.elements if tag == "a"] == ["https://vedette.example"]
    assert any("<script>" in text for text in found.texts)
    assert "\r" not in title_of(nasty())
    assert "\n" not in title_of(nasty())
    assert not any(line.startswith("Bcc:") for line in text_of(nasty(count)).splitlines())


def test_a_report_is_bounded_however_much_there_is() -> None:
    found = nasty(5000)
    assert len(html_of(found, lambda chart: f"cid:{chart.name}.1795392000000@shop.example").encode()) < MOST_BYTES
    assert len(msgspec.json.encode(as_json(found))) < MOST_BYTES
    assert sum(len(png) for _, png in pictures_of(found)) < MOST_BYTES


def test_where_there_was_nothing_that_is_said() -> None:
    empty = endpoints(checked=0, worst=[], slowest=[], bands=Bands(), bands_before=Bands(), hours=[(0, 0)] * 168)
    nothing = alerting_of([], [], [], NOBODY, NOBODY, "UTC")
    found = every_part(endpoints=empty, alerting=nothing)
    said = [note for section in sections_of(found) for note in section.notes]
    assert said == [
        *("No endpoint was checked.", "No endpoint was checked.", "No check failed."),
        *("No alert is open.", "No model was judged.", "Nobody was told of an alert."),
        *("Nothing was held back.", "Nothing has changed."),
    ]


def test_lateness_and_reports_that_were_left_out_are_said() -> None:
    late = contents(made_ms=contents().due_ms + 3 * HOUR_MS, missed_ms=[MONDAY + 8 * HOUR_MS])
    text = text_of(late)
    assert "due at Mon 30 Nov 08:00, and made at Mon 30 Nov 11:00" in text
    assert "Not sent, because nobody was there to send it: the report due at Mon 23 Nov 08:00." in text
    assert "due at" not in text_of(contents())


def test_contents_are_the_same_after_the_way_through_the_outbox() -> None:
    found = nasty(30)
    assert from_json(msgspec.json.decode(msgspec.json.encode({"id": "7", **as_json(found)}))) == found
    unknown: dict[str, Any] = {**as_json(found), "parts": ["weather", *PARTS["daily"]]}
    assert len(sections_of(from_json(unknown))) == len(PARTS["daily"])


def test_shares_are_rounded_down_so_that_100_means_all() -> None:
    assert [percent(share) for share in (1.0, 0.9999999, 0.5, 0.0, None)] == [
        "100 %",
        "99.999 %",
        "50.000 %",
        "0.000 %",
        "-",
    ]
    assert [difference(a, b) for a, b in ((0.5, 0.25), (0.25, 0.5), (1, 1), (None, 1))] == [
        "+25.000",
        "-25.000",
        "±0",
        "",
    ]
    assert [duration(s) for s in (None, 0, 59.6, 61, 7200, 90_000)] == [
        "-",
        "0 s",
        "1 min",
        "1 min 1 s",
        "2 h 0 min",
        "1 d 1 h",
    ]
    assert moment(MONDAY, "Europe/Berlin") == "Mon 23 Nov 01:00"


def decoded(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of a PNG of one byte a pixel, each chunk of which must be whole."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0])
    raw = zlib.decompress(chunks[b"IDAT"])
    rows = [raw[begin : begin + width + 1] for begin in range(0, len(raw), width + 1)]
    assert (len(rows), {row[0] for row in rows}) == (height, {0})
    assert max(max(row) for row in rows) < len(chunks[b"PLTE"]) // 3
    return width, height, [row[1:] for row in rows]


@pytest.mark.parametrize("count", [1, 14, 24, 168, 744, 2000])
def test_a_picture_is_a_png_whose_bars_are_as_high_as_their_values(count: int) -> None:
    chart = Chart("x", [float(n % 5) for n in range(count)], "", "")
    width, height, rows = decoded(png_of(chart))
    assert (width, height) == (WIDTH, HEIGHT)
    assert rows == [bytes(row) for row in pixels_of(chart)]
    if count == 24:  # bars of 25 pixels
        heights = [sum(row[at * WIDTH // count + 1] == 2 for row in rows) for at in range(5)]
        assert heights[0] == 0
        assert heights == sorted(heights)
        assert heights[2] == pytest.approx(heights[4] / 2, abs=1)


def test_a_picture_of_nothing_has_no_bars_and_a_small_value_is_seen() -> None:
    empty = pixels_of(Chart("x", [0.0] * 24, "", ""))
    assert {pixel for row in empty for pixel in row} == {0, 1}
    assert any(2 in row for row in pixels_of(Chart("x", [1e-9, 1000.0], "", "")) for row in [row[:200]])
    assert any(3 in row for row in pixels_of(Chart("x", [1.0], "", "", frozenset({0}))))
    assert whole_page(contents()).count("data:image/png;base64,") == 3
