"""Badge: one label and one message as a small SVG picture, sized to its text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape

from vedette.statistics.apdex import Apdex

GREEN, LIME, YELLOW, ORANGE, RED, GREY, BLUE = (
    "#2e7d32", "#4c7d2a", "#8d6e00", "#bf5300", "#c62828", "#616161", "#1565c0",
)  # fmt: skip
"""White text on each has a contrast of at least 4.5 (WCAG 2.1, AA)."""
_STATE_COLOURS = {"up": GREEN, "degraded": YELLOW, "partial": ORANGE, "down": RED}
_BAND_COLOURS = {"Excellent": GREEN, "Good": LIME, "Fair": YELLOW, "Poor": ORANGE, "Unacceptable": RED}
_UPTIME_COLOURS = ((0.999, GREEN), (0.99, LIME), (0.95, YELLOW), (0.9, ORANGE), (0.0, RED))

LONGEST = 60
"""Characters of a label or a message; the rest is cut."""
_EM = 2048
_SIZE_PX = 11
_PADDING_PX = 6
_WIDTHS: dict[int, str] = {
    550: "'", 562: "il", 705: "j", 720: "f ", 745: ".,", 807: "t!", 862: "I", 874: "r",
    930: ":;()[]-/|{}", 940: '"', 1067: "cs", 1076: "z", 1117: "?", 1140: "L", 1177: "F",
    1212: "kvxy", 1220: "e", 1230: "a", 1243: "o", 1276: "bdgpq", 1262: "T", 1260: "Y", 1295: "E",
    1302: "0123456789*_$", 1296: "hnu", 1403: "AVXSBZKRC", 1499: "U", 1532: "N", 1539: "H", 1588: "GD", 1612: "OQ",
    1676: "w#+<>=~^", 1726: "M&", 1992: "m", 2025: "W", 2048: "@", 2204: "%",
}  # fmt: skip
"""Advance widths in 2048ths of an em, of Verdana and fonts made to its measure."""
_BY_CHARACTER = {char: width for width, chars in _WIDTHS.items() for char in chars}
_OTHER = 1400


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands on the left and on the right, and the right side's colour."""

    label: str
    message: str
    colour: str


def text_width(text: str) -> float:
    """Pixels that `text` takes at 11 px; the picture tells the viewer to fit it into just that."""
    return sum(_advance(char) for char in text) * _SIZE_PX / _EM


def _advance(char: str) -> int:
    known = _BY_CHARACTER.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char):
        return 0
    return _EM if unicodedata.east_asian_width(char) in "WF" else _OTHER


def status_badge(label: str, state: str) -> Badge:
    """The monitor's state now."""
    return Badge(label, state, _STATE_COLOURS.get(state, GREY))


def uptime_badge(label: str, uptime: float | None) -> Badge:
    """A share from 0 to 1, rounded down: 100 % means that nothing failed."""
    if uptime is None:
        return Badge(label, "no data", GREY)
    colour = next(colour for least, colour in _UPTIME_COLOURS if uptime >= least)
    # In ten-thousandths; the small addition undoes what floats lose (0.9999 * 10000 is 9998.999…).
    parts = int(uptime * 10_000 + 1e-6)
    whole, rest = divmod(parts, 100)
    return Badge(label, f"{whole}%" if rest == 0 else f"{whole}.{rest:02d}%", colour)


def apdex_badge(label: str, apdex: Apdex) -> Badge:
    """The score exactly as its specification writes it."""
    return Badge(label, apdex.display, _BAND_COLOURS.get(apdex.band or "", GREY))


def response_badge(label: str, median_ms: float | None, target_ms: int) -> Badge:
    """The median, coloured by the monitor's Apdex target."""
    if median_ms is None:
        return Badge(label, "no data", GREY)
    colour = GREEN if median_ms <= target_ms else YELLOW if median_ms <= 4 * target_ms else RED
    return Badge(label, f"{median_ms:.0f} ms" if median_ms < 9999.5 else f"{median_ms / 1000:.1f} s", colour)


def render(badge: Badge) -> bytes:
    """The picture. Text is escaped and cut, colours are attributes: a strict content policy does not hide them."""
    label, message = (_clean(text) for text in (badge.label, badge.message))
    left, right = (round(text_width(text) + 2 * _PADDING_PX, 1) for text in (label, message))
    width = round(left + right, 1)
    name = escape(f"{label}: {message}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}">'
        f"<title>{name}</title>"
        f'<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#424242"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{badge.colour}"/></g>'
        f'<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="{_SIZE_PX}">'
        f"{_text(label, _PADDING_PX)}{_text(message, left + _PADDING_PX)}</g></svg>"
    ).encode()


def _clean(text: str) -> str:
    """One printable line: what XML cannot hold becomes a blank."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _text(text: str, x: float) -> str:
    if not text:
        return ""
    return f'<text x="{round(x, 1)}" y="14" textLength="{text_width(text):.1f}">{escape(text)}</text>'
