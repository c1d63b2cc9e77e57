"""Mail: a report as the parts of a mail: text, and a page with its pictures, which come with the mail.

Source: RFC 2387 (multipart/related), RFC 2392 (cid addresses).
"""

from __future__ import annotations

from email.message import EmailMessage

from alerting.reports.contents import Contents
from alerting.reports.page import html_of, pictures_of
from alerting.reports.text import text_lines


def fill(mail: EmailMessage, contents: Contents, heading: str, domain: str, link: str | None) -> None:
    """Give a mail its parts. Pictures are named after the report's time and `domain`: no other mail has the same."""
    lines = [heading, *text_lines(contents), *(["", link] if link else [])]
    mail.set_content("\n".join(lines) + "\n")

    def identity(name: str) -> str:
        return f"{name}.{contents.due_ms}@{domain}"

    mail.add_alternative(html_of(contents, lambda chart: f"cid:{identity(chart.name)}", link), subtype="html")
    page = mail.get_payload()[1]  # type: ignore[index]  # the second of two parts
    assert isinstance(page, EmailMessage)
    for chart, png in pictures_of(contents):
        page.add_related(png, "image", "png", cid=f"<{identity(chart.name)}>", filename=f"{chart.name}.png",
                         disposition="inline")  # fmt: skip
