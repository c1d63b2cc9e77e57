"""Text: a report in lines, for mail readers without HTML and for channels of other kinds."""

from __future__ import annotations

from alerting.reports.contents import Contents
from alerting.reports.sections import Section, remarks, sections_of


def text_lines(contents: Contents) -> list[str]:
    """The report under its title, a line each; charts as the words that describe them."""
    found = [*remarks(contents)]
    for section in sections_of(contents):
        found += ["", section.title, *_section(section)]
    return found


def _section(section: Section) -> list[str]:
    lines = list(section.notes)
    for fact in section.facts:
        before = f" (before {fact.before})" if fact.before else ""
        lines.append(f"- {fact.label}: {fact.value}{before}")
    if section.chart is not None:
        lines.append(section.chart.alt)
    for table in section.tables:
        lines.append(f"{table.heads[0]}:")
        for row in table.rows:
            named = [f"{head} {cell}".strip() for head, cell in zip(table.heads[1:], row[1:], strict=True) if cell]
            lines.append(f"- {row[0]}" + (f": {', '.join(named)}" if named else ""))
        if table.more > 0:
            lines.append(f"- and {table.more} more")
    return lines
