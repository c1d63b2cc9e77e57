"""Charts: bars as a PNG, written without a library for pictures.

Source: PNG (Portable Network Graphics) Specification, third edition, W3C: chunks IHDR, PLTE, IDAT, IEND;
colour type 3.
"""

from __future__ import annotations

import struct
import zlib

from alerting.reports.sections import Chart

WIDTH, HEIGHT = 600, 96
"""Pixels; mail readers show it at its half or whole size."""
_BACK, _LINE, _BAR, _FAINT = range(4)
_PALETTE = bytes([255, 255, 255, 221, 225, 230, 45, 95, 158, 168, 190, 217])
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WIDE = 10
"""Pixels of a bar from which on it stands apart from the next."""
_LEAST = 2
"""Pixels of the smallest value above 0: what there is must be seen."""


def png_of(chart: Chart) -> bytes:
    """The chart's bars, the highest over the whole height, on a base line and three lines for the quarters."""
    return png(pixels_of(chart))


def pixels_of(chart: Chart) -> list[bytearray]:
    """The picture as numbers of the palette: `HEIGHT` rows of `WIDTH`."""
    rows = [bytearray([_BACK]) * WIDTH for _ in range(HEIGHT)]
    floor = HEIGHT - 1
    for quarter in range(5):
        rows[floor - quarter * floor // 4][:] = bytes([_LINE]) * WIDTH
    highest = max(chart.values, default=0.0)
    many = max(1, len(chart.values))
    gap = 1 if WIDTH // many < _WIDE else 3
    for at, value in enumerate(chart.values):
        if value <= 0:
            continue
        height = max(_LEAST, round((floor - 1) * value / highest))
        left = at * WIDTH // many
        right = max(left + 1, (at + 1) * WIDTH // many - gap)
        colour = bytes([_FAINT if at in chart.faint else _BAR])
        for row in rows[floor - height : floor]:
            row[left:right] = colour * (right - left)
    return rows


def png(rows: list[bytearray]) -> bytes:
    """A picture of the palette's colours, a byte a pixel."""
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    filtered = b"".join(b"\0" + row for row in rows)  # each begins with its filter: none
    parts = ((b"IHDR", head), (b"PLTE", _PALETTE), (b"IDAT", zlib.compress(filtered, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
