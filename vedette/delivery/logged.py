"""Reports as messages of the event log, for senders that write to it directly."""

from __future__ import annotations

import msgspec

from vedette.delivery.spool import Report
from vedette.events.checks import CheckResult
from vedette.events.codec import decode, encode_json, encode_packed
from vedette.events.samples import Packer, SampleBatch
from vedette.log import Message

_samples = msgspec.json.Decoder(SampleBatch)
_checks = msgspec.json.Decoder(CheckResult)
_packer = Packer()


def to_message(report: Report, account: int) -> Message:
    """The report in the form and under the key that the intake would have given it."""
    if report.kind == "samples":
        batch = decode(_samples, report.body)
        return Message(batch.source.encode(), encode_packed(_packer.pack(batch, account)))
    result = decode(_checks, report.body)
    result.account = account
    return Message(str(result.monitor).encode(), encode_json(result))
