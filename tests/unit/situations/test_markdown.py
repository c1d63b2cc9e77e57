"""Words of others in Markdown: whatever they are, they are shown as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from vedette.situations.markdown import plain, table

TEXTS = st.text(st.sampled_from("ab1 \\`*_[]()<>#+-=.!|~&@:/{}\n\t\u202e\u2028;\"'w") | st.characters(), max_size=40)


def shown(markdown: str) -> str:
    """The text that a reader sees, if it is a paragraph of nothing but text."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"], tokens
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}, children
    return "".join(child.content for child in children)


def expected(text: str) -> str:
    unseen = r"[\s\x00-\x20\x7f-\xa0\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
    return re.sub(unseen, " ", text).strip()


@given(TEXTS)
def test_whatever_is_written_is_shown_as_it_is(text: str) -> None:
    if expected(text):
        assert shown(plain(text)) == expected(text)


@given(TEXTS)
def test_a_cell_of_a_table_stays_one_cell(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse("\n".join(table(["a", "b"], [[plain(text), "x"]])))
    assert sum(token.type == "td_open" for token in tokens) == 2


@pytest.mark.parametrize(
    "text",
    [
        "[click](https://evil.example)", "<img src=x onerror=alert(1)>", "# heading", "- item", "1. one", "a | b",
        "~~~",
        "https://evil.example", "www.evil.example", "![x](y)", "&lt;", "---", "===", "> quote", "*a* __b__ `c`",
        "&#x3c;b&#x3e;", "ann@shop.example", "mailto:ann@shop.example", "\\@ann",
    ],
)  # fmt: skip
def test_nothing_is_formatted_or_linked(text: str) -> None:
    assert shown(plain(text)) == text
    assert not re.search(r"[a-z]://|www\.|@", plain(text))


def test_lines_become_one_and_a_long_text_is_cut() -> None:
    assert plain("a\n\n# b\u202ec") == "a # b c"
    assert plain("x" * 600) == "x" * 499 + "…"
