"""Duplicates: which batches of a source have been seen, by epoch and sequence number."""

from __future__ import annotations

REMEMBERED = 1024
"""How far behind the highest sequence number of an epoch a batch may come and still be told from a duplicate."""
MAX_EPOCHS = 8
MAX_FORGOTTEN = 1000
"""Epochs of which only the highest number is kept, once `MAX_EPOCHS` others have been heard since."""
_ALL = (1 << REMEMBERED) - 1


class Seen:
    """What has been seen of one source.

    Per epoch the highest number, and a bit for each of the `REMEMBERED` numbers below it. A batch further behind
    than that counts as a duplicate: senders deliver oldest first, so it can only be a repetition. Of more than
    `MAX_EPOCHS` epochs, the one not heard for longest is forgotten but for its highest number: when it is heard again,
    only batches beyond that are new. Epochs need not grow: one that was never heard is new.
    """

    __slots__ = ("_bits", "_current", "_forgotten", "_highest")

    def __init__(self) -> None:
        self._highest: dict[int, int] = {}
        self._bits: dict[int, int] = {}
        self._forgotten: dict[int, int] = {}
        self._current = -1

    def is_new(self, epoch: int, seq: int) -> bool:
        """Note the batch; True exactly once for each."""
        highest = self._highest.get(epoch)
        if highest is None:
            return self._first_of(epoch, seq)
        if epoch != self._current:
            self._current = epoch
            self._highest[epoch] = self._highest.pop(epoch)  # the order of the dictionary is that of the last hearing
        if seq > highest:
            self._bits[epoch] = ((self._bits[epoch] << (seq - highest)) | 1) & _ALL if seq - highest < REMEMBERED else 1
            self._highest[epoch] = seq
            return True
        behind = highest - seq
        if behind >= REMEMBERED or self._bits[epoch] >> behind & 1:
            return False
        self._bits[epoch] |= 1 << behind
        return True

    def _first_of(self, epoch: int, seq: int) -> bool:
        before = self._forgotten.get(epoch)
        if before is not None and seq <= before:
            return False
        self._forgotten.pop(epoch, None)
        self._highest[epoch] = seq
        self._bits[epoch] = 1 if before is None else _seen_up_to(seq - before)
        self._current = epoch
        if len(self._highest) > MAX_EPOCHS:
            oldest = next(iter(self._highest))
            del self._bits[oldest]
            self._forgotten[oldest] = self._highest.pop(oldest)
            if len(self._forgotten) > MAX_FORGOTTEN:
                del self._forgotten[next(iter(self._forgotten))]
        return True

    def __getstate__(self) -> tuple[dict[int, int], dict[int, int], dict[int, int], int]:
        return self._highest, self._bits, self._forgotten, self._current

    def __setstate__(self, state: tuple[dict[int, int], dict[int, int], dict[int, int], int]) -> None:
        self._highest, self._bits, self._forgotten, self._current = state


def _seen_up_to(ahead: int) -> int:
    """The bits of a number that is `ahead` of the highest that had been seen: itself, and all from there down."""
    return (_ALL ^ ((1 << ahead) - 1)) | 1 if ahead < REMEMBERED else 1
