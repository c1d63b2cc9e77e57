"""Links to alerts: a path in an alert's words, for these are stored, and a URL once a message goes out with them.

Only who delivers knows where the page is (`VEDETTE_PUBLIC_URL`), and that may change while an alert is open.
"""

from __future__ import annotations

import re
from typing import Any

_PATH = re.compile(r"(?<![A-Za-z0-9\]/])(?=/#/alerts/-?\d)")
"""Where such a path begins, if it is not part of a URL already."""


def path_of(alert: int | str) -> str:
    """The place of an alert on the page."""
    return f"/#/alerts/{alert}"


def with_page(value: Any, page: str | None) -> Any:
    """A notification's body with URLs in place of paths in all its texts; as it is if nobody said where the page is."""
    if page is None:
        return value
    if isinstance(value, str):
        # By a function: the address is no template of a replacement.
        return _PATH.sub(lambda _: page, value) if "/#/alerts/" in value else value
    if isinstance(value, dict):
        return {key: with_page(one, page) for key, one in value.items()}
    return [with_page(one, page) for one in value] if isinstance(value, list) else value
