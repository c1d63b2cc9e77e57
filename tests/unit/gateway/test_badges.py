"""Badges: pictures that any viewer can read, whatever text they carry."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.badges import (
    GREEN,
    GREY,
    LIME,
    LONGEST,
    ORANGE,
    RED,
    YELLOW,
    Badge,
    apdex_badge,
    render,
    response_badge,
    status_badge,
    text_width,
    uptime_badge,
)
from vedette.statistics.apdex import Apdex

SVG = "{http://www.w3.org/2000/svg}"


@given(label=st.text(max_size=100), message=st.text(max_size=100))
def test_any_text_gives_a_whole_picture_that_holds_it(label: str, message: str) -> None:
    picture = ET.fromstring(render(Badge(label, message, GREEN)))
    texts = picture.findall(f".//{SVG}text")
    assert all(len(text.text or "") <= LONGEST for text in texts)
    for text in texts:
        assert float(text.attrib["x"]) + float(text.attrib["textLength"]) <= float(picture.attrib["width"])


def test_markup_in_a_name_stays_text() -> None:
    evil = '</text><script>alert("1")</script>&'
    picture = render(status_badge(evil, "up"))
    assert b"<script" not in picture
    texts = [text.text for text in ET.fromstring(picture).findall(f".//{SVG}text")]
    assert texts == [evil, "up"]


def test_the_picture_needs_no_style_that_a_content_policy_forbids() -> None:
    assert re.search(rb"style|<script|href|@import", render(Badge("a", "b", RED))) is None


def test_the_colours_can_be_read_with_white_text() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in (GREEN, LIME, YELLOW, ORANGE, RED, GREY, "#424242"):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def test_wide_characters_take_more_room_and_marks_none() -> None:
    assert text_width("W") > text_width("i") * 3
    assert text_width("監") == pytest.approx(11)
    assert text_width("e\u0301") == text_width("e")


@pytest.mark.parametrize(
    ("uptime", "message", "colour"),
    [
        (None, "no data", GREY),
        (1.0, "100%", GREEN),
        (0.99999, "99.99%", GREEN),
        (0.9999, "99.99%", GREEN),
        (0.995, "99.50%", LIME),
        (0.96, "96%", YELLOW),
        (0.9, "90%", ORANGE),
        (0.5, "50%", RED),
        (0.0, "0%", RED),
    ],
)
def test_an_uptime_is_never_rounded_up(uptime: float | None, message: str, colour: str) -> None:
    assert uptime_badge("uptime", uptime) == Badge("uptime", message, colour)


@given(st.integers(0, 10_000))
def test_every_ten_thousandth_is_shown_as_it_is(parts: int) -> None:
    shown = float(uptime_badge("u", parts / 10_000).message.removesuffix("%"))
    assert shown == pytest.approx(parts / 100, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "message", "colour"),
    [
        ((85, 0, 15), "0.85 [0.5]", LIME),
        ((17, 0, 3), "0.85* [0.5]", LIME),
        ((0, 0, 0), "NS [0.5]", GREY),
        ((94, 0, 6), "0.94 [0.5]", GREEN),
        ((0, 0, 100), "0.00 [0.5]", RED),
    ],
)
def test_apdex_is_written_as_its_specification_says(
    counts: tuple[int, int, int], message: str, colour: str
) -> None:  # fmt: skip
    assert apdex_badge("apdex", Apdex(*counts, 500)) == Badge("apdex", message, colour)


@pytest.mark.parametrize(
    ("median", "message", "colour"),
    [
        (None, "no data", GREY),
        (499.6, "500 ms", GREEN),
        (501, "501 ms", YELLOW),
        (2001, "2001 ms", RED),
        (12_345, "12.3 s", RED),
    ],
)
def test_a_response_time_is_coloured_by_its_target(median: float | None, message: str, colour: str) -> None:
    assert response_badge("r", median, 500) == Badge("r", message, colour)


@pytest.mark.parametrize(
    ("state", "colour"), [("up", GREEN), ("partial", ORANGE), ("down", RED), ("paused", GREY), ("unknown", GREY)]
)
def test_a_state_has_its_colour(state: str, colour: str) -> None:
    assert status_badge("shop", state).colour == colour
