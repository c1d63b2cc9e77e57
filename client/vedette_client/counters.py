"""Counters: what became of the rows, at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counters:
    """A consistent look at a recorder's books: `accepted == sent + dropped + rejected + waiting`, always.

    A row is a call of `record`, `record_outcome` or `record_metric`.

    accepted  rows taken in, by those calls or from the spill folder of an earlier process
    sent      rows that the gateway acknowledged
    dropped   rows given up: the memory was full, or the recorder was closed before they could be sent.
              (If the connection broke after a request was written, the gateway may have them all the same.)
    rejected  rows that can never be accepted: refused by the gateway, or not a record at all
    waiting   rows in memory and on disk
    spilled   rows that went to disk at some time; they are in one of the four above as well

    And, of values within rows, which cost no row:

    unsupported  values that cannot travel: each became null
    shortened    texts that were cut to `values.MAX_TEXT` characters, or had what is no Unicode replaced
    """

    accepted: int
    sent: int
    dropped: int
    rejected: int
    waiting: int
    spilled: int
    unsupported: int
    shortened: int
