"""A house where recorded messages come in: a gateway over an embedded log, its reader, and what leaves it."""

from __future__ import annotations

import json
import time
from typing import Any

from ingest_api.recorded import make_reader
from ingest_api.recorded.reader import Reader
from tests.integration.gateway.server import Gateway, Tail
from vedette.events.codec import decode_reject
from vedette.events.features import FeatureBatch, decode_batch
from vedette.events.recorded import Recorded, encode_recorded
from vedette.events.signals import Reject
from vedette.events.topics import FEATURES, RECORDED, REJECTS
from vedette.log import Message


class House:
    """Speaks of the model `churn`. Times are the machine's, for the embedded log has no other clock."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.now_ms = gateway, time.time_ns() // 1_000_000
        self.token = gateway.ours.tokens["ingest"]
        self.reader = self.another()
        self._features, self._rejects = Tail(gateway.log, FEATURES.name), Tail(gateway.log, REJECTS.name)

    def another(self) -> Reader:
        """A reader as another gateway, or this one after a restart, has it."""
        return make_reader(self.gateway.context, self.gateway.app.state.models)

    def put(self, value: bytes, key: bytes = b"churn") -> None:
        """Append a value as a client does."""
        self.gateway.log.produce(RECORDED.name, [Message(key, value)]).result()

    def say(self, kind: Any = "features", seq: int = 1, **fields: Any) -> None:
        """Append a report with these fields; `token` and `type` are the envelope's."""
        token, media_type = fields.pop("token", self.token), fields.pop("type", "application/json")
        body = {"model": "churn", "epoch": "a", "seq": seq, "ts": [self.now_ms], **fields}
        if kind == "features":
            body = {"columns": {"age": [30 + seq]}, **body}
        self.put(encode_recorded(Recorded(token, kind, json.dumps(body).encode(), media_type)))

    def carry(self) -> None:
        """Let the reader carry on what there is."""
        while self.reader.step():
            pass

    def features(self) -> list[FeatureBatch]:
        """What went on."""
        return [decode_batch(record.value) for record in self._features.read()]

    def seqs(self) -> list[int]:
        """The numbers of what went on."""
        return [batch.seq for batch in self.features()]

    def rejects(self) -> list[Reject]:
        """What was refused. No token may ever be kept there."""
        found = self._rejects.read()
        for record in found:
            assert self.token.encode() not in record.value
        return [decode_reject(record.value) for record in found]

    def reasons(self) -> list[str]:
        """Why it was refused."""
        return [reject.reason for reject in self.rejects()]

    def taken(self) -> int:
        """How many messages the stored places say were taken."""
        rows = self.gateway.store.rows("SELECT sum(next_offset)::int AS taken FROM recorded_positions")
        return int(rows[0]["taken"] or 0)

    def keep_leases(self) -> None:
        """As if no time passed, however slow the machine."""
        self.gateway.store.execute("UPDATE recorded_positions SET until = now() + interval '1 day'")

    def forget_leases(self) -> None:
        """As after the time that a dead gateway's leases last."""
        self.gateway.store.execute("UPDATE recorded_positions SET until = 'epoch'")
