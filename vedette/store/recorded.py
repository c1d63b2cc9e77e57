"""Recorded messages: how far each partition of their topic was taken, and by whom it is taken now."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.store.pool import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Everything below `next_offset` was taken; `fingerprint` is that of the last message, None if there was none."""

    next_offset: int
    fingerprint: int | None = None


def claim(store: Store, holder: str, partitions: int, seconds: float) -> dict[int, Place]:
    """The partitions that are `holder`'s for the next `seconds`, for nobody else has them, and where they stand.

    Two who take one at the same time do no harm: the later `advance` says so, and what came twice is dropped by (epoch,
    seq).
    """
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO recorded_positions (partition) SELECT generate_series(0, %s - 1) ON CONFLICT DO NOTHING",
            (partitions,),
        )
        rows = connection.execute(
            "UPDATE recorded_positions SET holder = %s, until = now() + make_interval(secs => %s)"
            " WHERE partition < %s AND (holder = %s OR until < now()) RETURNING partition, next_offset, fingerprint",
            (holder, seconds, partitions, holder),
        ).fetchall()
    return {row["partition"]: Place(row["next_offset"], row["fingerprint"]) for row in rows}


def advance(store: Store, holder: str, partition: int, start: Place, end: Place) -> bool:
    """Move a place on from `start` to `end`; False, and nothing done, if it is not `holder`'s or there any more."""
    return (
        store.execute(
            "UPDATE recorded_positions SET next_offset = %s, fingerprint = %s"
            " WHERE partition = %s AND holder = %s AND next_offset = %s",
            *(end.next_offset, end.fingerprint, partition, holder, start.next_offset),
        )
        > 0
    )


def give_back(store: Store, holder: str) -> None:
    """Let anybody have the partitions of `holder`."""
    store.execute("UPDATE recorded_positions SET until = 'epoch' WHERE holder = %s", holder)
