"""Series names: one canonical text for each series, and a clear word about what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.events.names import (
    MAX_CANONICAL,
    MAX_LABELS,
    MAX_NAME,
    canonical,
    format_series,
    hash64,
    parse_series,
    source_id,
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.:/\-]{0,30}", fullmatch=True)
keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
printed = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n"), max_size=12)
labels = st.dictionaries(keys, printed, max_size=6).map(lambda found: tuple(sorted(found.items())))


@given(names, labels)
def test_what_is_formatted_parses_to_the_same_name_and_labels(name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse_series(format_series(name, pairs)) == (name, pairs)


@given(names, labels)
def test_the_canonical_form_is_its_own_canonical_form(name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    text = format_series(name, pairs)
    assert canonical(text) == text


@given(names, labels, st.randoms(use_true_random=False))
def test_order_and_spaces_of_labels_do_not_matter(name: str, pairs: tuple[tuple[str, str], ...], rng: object) -> None:
    shuffled = list(pairs)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    inner = " , ".join(format_series("x", (pair,))[2:-1].replace("=", " = ", 1) for pair in shuffled)
    assert canonical(f"{name}{{ {inner} }}" if inner else name) == format_series(name, pairs)


@given(st.text(max_size=40))
def test_any_text_is_a_series_or_is_refused_with_its_field(text: str) -> None:
    whole, refused = "", ""
    try:
        whole = canonical(text)
    except InvalidInput as error:
        refused = error.field
    assert bool(whole) != bool(refused)
    assert refused in {"", "series name"}
    assert set(whole.encode()).isdisjoint({0, 10})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cpu", "cpu"),
        ("cpu{}", "cpu"),
        ('disk{mount="/",dev="sda"}', 'disk{dev="sda",mount="/"}'),
        ('a{b="x",}', 'a{b="x"}'),
        (r'a{b="\x"}', 'a{b="x"}'),
        (r'a{b="\"\\\n"}', r'a{b="\"\\\n"}'),
        ('a{b="}"}', 'a{b="}"}'),
        ('a{b="{,="}', 'a{b="{,="}'),
    ],
)
def test_names_have_one_canonical_form(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", "a letter or _"),
        ("9lives", "a letter or _"),
        ("two words", "a letter or _"),
        ("cpu{", "labels between { and }"),
        ("cpu{a=1}", 'key="value"'),
        ('cpu{a="1"}x', "labels between { and }"),
        ('cpu{a="1" b="2"}', 'key="value"'),
        ('cpu{a="1",a="2"}', "each label once"),
        ('cpu{a="\n"}', "without control characters"),
        ('cpu{a="\0"}', "without control characters"),
        ('cpu{a="\\\0"}', "without control characters"),
        ('cpu{a="\ud800"}', "without control characters"),
        ('cpu{a="}', 'key="value"'),
    ],
)
def test_what_is_no_name_is_refused_with_what_is_allowed(text: str, allowed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical(text)
    assert caught.value.field == "series name"
    assert allowed in caught.value.allowed


def test_the_longest_name_is_taken_and_a_longer_one_is_refused() -> None:
    assert canonical("a" * MAX_NAME) == "a" * MAX_NAME
    with pytest.raises(InvalidInput, match=str(MAX_NAME)):
        canonical("a" * (MAX_NAME + 1))


def test_the_longest_text_is_taken_and_a_longer_one_is_refused() -> None:
    text = 'a{b="' + "x" * (MAX_CANONICAL - 7) + '"}'
    assert canonical(text) == text
    with pytest.raises(InvalidInput, match=f"at most {MAX_CANONICAL}"):
        canonical(text[:-2] + 'x"}')


def test_the_most_labels_are_taken_and_one_more_is_refused() -> None:
    pairs = tuple((f"l{n:02d}", "x") for n in range(MAX_LABELS + 1))
    assert parse_series(format_series("a", pairs[:-1]))[1] == pairs[:-1]
    with pytest.raises(InvalidInput, match=f"at most {MAX_LABELS} labels"):
        parse_series(format_series("a", pairs))


def test_hashes_are_the_same_in_every_process_and_version() -> None:
    assert hash64("alert", 1, "source:a") == hash64(b"alert", "1", b"source:a")
    assert hash64("a", "b") != hash64("ab")
    assert source_id(1, "web-1") == -3097766604265382136
    assert source_id(1, "web-1") != source_id(2, "web-1")


@given(st.binary(max_size=50))
def test_a_hash_fits_a_signed_64_bit_column(data: bytes) -> None:
    assert -(1 << 63) <= hash64(data) < 1 << 63
