"""Page: a report as HTML for mail readers: tables, inline styles, nothing to load from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape

from alerting.reports.charts import HEIGHT, WIDTH, png_of
from alerting.reports.contents import Contents
from alerting.reports.sections import Chart, Fact, Section, Table, generated, kind_of, remarks, sections_of, title_of

_FONT = "font-family:Helvetica,Arial,sans-serif;color:#1d2733"
_TABLE = f"font-size:13px;text-align:left;border-collapse:collapse;margin:6px 0;{_FONT}"
_SMALL = "font-size:12px;color:#5b6878;margin:4px 0"


def html_of(contents: Contents, address: Callable[[Chart], str], link: str | None = None) -> str:
    """The whole page; `address` says where a chart's picture is, `link` where Vedette's own page is."""
    title = escape(f"{kind_of(contents)}: {title_of(contents)}")
    said = "".join(f'<p style="{_SMALL}">{escape(one)}</p>' for one in remarks(contents))
    body = "".join(_section(section, address) for section in sections_of(contents))
    to = f' · <a href="{escape(link)}">Open in Vedette</a>' if link else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<title>{title}</title></head><body style="margin:0;padding:16px;background:#ffffff;{_FONT}">'
        f'<table role="presentation" width="{WIDTH}" style="max-width:100%;border-collapse:collapse"><tr><td>'
        f'<h1 style="font-size:19px;margin:0 0 6px">{title}</h1>{said}{body}'
        f'<p style="{_SMALL}">Made by Vedette at {generated(contents.made_ms)}{to}</p>'
        "</td></tr></table></body></html>\n"
    )


def pictures_of(contents: Contents) -> list[tuple[Chart, bytes]]:
    """The charts that the page shows, each as PNG."""
    charts = [section.chart for section in sections_of(contents) if section.chart is not None]
    return [(chart, png_of(chart)) for chart in charts]


def whole_page(contents: Contents, link: str | None = None) -> str:
    """The page with its pictures inside, for browsers: mail readers show no such pictures."""
    inside = {chart.name: b64encode(png).decode() for chart, png in pictures_of(contents)}
    return html_of(contents, lambda chart: f"data:image/png;base64,{inside[chart.name]}", link)


def _section(section: Section, address: Callable[[Chart], str]) -> str:
    parts = [f'<h2 style="font-size:15px;margin:22px 0 6px">{escape(section.title)}</h2>']
    parts += [f'<p style="{_SMALL}">{escape(note)}</p>' for note in section.notes]
    if section.facts:
        parts.append(_facts(section.facts))
    if section.chart is not None:
        alt = escape(section.chart.alt)
        parts.append(
            f'<p style="margin:10px 0 0"><img src="{escape(address(section.chart))}" alt="{alt}" width="{WIDTH}"'
            f' height="{HEIGHT}" style="max-width:100%"></p><p style="{_SMALL}">{escape(section.chart.caption)}</p>'
        )
    parts += [_table(table) for table in section.tables]
    return "".join(parts)


def _facts(facts: tuple[Fact, ...]) -> str:
    heads = ("", "", "before", "") if any(fact.before for fact in facts) else ()
    return _rows(heads, [fact if heads else fact[:2] for fact in facts])


def _table(table: Table) -> str:
    found = _rows(table.heads, table.rows)
    return f'{found}<p style="{_SMALL}">and {table.more} more</p>' if table.more > 0 else found


def _rows(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th align="left">{escape(one)}</th>' for one in heads)
    lines = "".join(
        '<tr valign="top">' + "".join(f"<td>{escape(cell, quote=False)}</td>" for cell in row) + "</tr>" for row in rows
    )
    first = f"<tr>{head}</tr>" if head else ""
    # What every cell has is said once, in the way that all mail readers know.
    return f'<table cellpadding="4" cellspacing="0" style="{_TABLE}">{first}{lines}</table>'
