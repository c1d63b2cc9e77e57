"""The dataflows as processes: each built over what its settings name, and run until it is told to end."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from dataflows.recovery import RecoveryFolder
from dataflows.running import Flow, Stop, prepare, run, run_member
from launch.cluster import run_processes, seat
from vedette.clock import Clock, SystemClock
from vedette.collector import be_patient
from vedette.errors import ConfigurationError
from vedette.log import Log, await_log
from vedette.settings import ArchiveFlowSettings, FlowSettings
from vedette.store import open_store
from vedette.store.pool import Store


def build(name: str, settings: FlowSettings, log: Log, store: Store, clock: Clock, stop: Stop) -> Flow:
    """The flow of that name. A process imports no other: there may be many of them."""
    if isinstance(settings, ArchiveFlowSettings):
        from launch import archive

        return archive.build(settings, log, store, clock, stop)
    from alerting.book import RuleBook

    if name == "rollup":
        from dataflows import rollup
        from vedette.windows.rollup import RollupConfig

        config = RollupConfig(
            lateness_ms=round(settings.lateness_s * 1000),
            flush_ms=round(settings.flush_s * 1000),
            settle_ms=round(settings.settle_s * 1000),
            idle_ms=round(settings.idle_s * 1000),
            silent_after=settings.silent_after,
            silent_min_ms=round(settings.silent_min_s * 1000),
        )
        book, shards = RuleBook(store, clock), settings.shards
        return rollup.build(log, store, clock, config=config, shards=shards, watch=book.watch, ask=book.ask, stop=stop)
    if name == "endpoints":
        from dataflows import endpoints

        wanted = RuleBook(store, clock).checks
        return endpoints.build(log, store, clock, shards=settings.shards, wanted=wanted, stop=stop)
    if name == "trends":
        from dataflows import trends

        return trends.build(log, store, clock, shards=settings.shards, stop=stop)
    if name == "drift":
        from dataflows import drift

        return drift.build(log, store, clock, shards=settings.shards, stop=stop)
    from dataflows import alerts

    return alerts.build(log, store, clock, book=RuleBook(store, clock), stop=stop)


def keep_shards(recovery: Path, shards: int) -> None:
    """Raise a `ConfigurationError` if the flow's state was made with another number of shards.

    State is kept by shard: with another number, two of them would each hold a part of the same window.
    """
    made_with = RecoveryFolder(recovery).noted("shards", str(shards))
    if made_with != str(shards):
        allowed = f"{made_with}, with which the state in {recovery} was made"
        raise ConfigurationError("VEDETTE_SHARDS", shards, allowed)


def keep_flow(recovery: Path, name: str) -> None:
    """Raise a `ConfigurationError` if the state in the folder is another flow's."""
    owner = RecoveryFolder(recovery).noted("flow", name)
    if owner != name:
        allowed = f"a folder of its own for the flow {name} (this one holds the state of {owner})"
        raise ConfigurationError("VEDETTE_RECOVERY_DIR", str(recovery), allowed)


def main(name: str, settings: FlowSettings) -> None:
    """Run until SIGTERM or SIGINT; what has been read is written before the end."""
    place = seat(settings, socket.gethostname())
    keep_flow(settings.recovery_dir, name)
    keep_shards(settings.recovery_dir, settings.shards)
    stop = Stop()
    stop.install()
    if settings.processes > 1:
        _run_processes(name, settings, stop)
        return
    # Each worker writes or reads rules, and the rollup's rows are written beside.
    pool = max(settings.pool_size, settings.workers + 2)
    log = await_log(settings, sleep=lambda seconds: sys.exit(0) if stop.wait(seconds) else None)
    store = open_store(settings.model_copy(update={"pool_size": pool}))
    try:
        flow = build(name, settings, log, store, SystemClock(), stop)
        be_patient()
        spread = {"partitions": settings.recovery_partitions, "workers": settings.workers}
        if place is None:
            run(flow, settings.recovery_dir, settings.epoch_s, **spread)
        else:
            run_member(flow, settings.recovery_dir, settings.epoch_s, place, _common(name, settings), stop, **spread)
    finally:
        store.close()
        log.close()


def _run_processes(name: str, settings: FlowSettings, stop: Stop) -> None:
    folder = RecoveryFolder(settings.recovery_dir)
    with folder.claim() as claim:
        prepare(folder, settings.recovery_partitions)
        run_processes(name, settings, claim, stop)


def _common(name: str, settings: FlowSettings) -> dict[str, str]:
    """What all processes of a cluster must have in common, by the variable that says it."""
    return {
        "flow": name,
        "VEDETTE_CLUSTER_ADDRESSES": settings.cluster_addresses or "",
        "VEDETTE_WORKERS": str(settings.workers),
        "VEDETTE_SHARDS": str(settings.shards),
        "VEDETTE_EPOCH_S": str(settings.epoch_s),
    }
