"""The testbed itself: what is killed comes back with its data, and what is taken down leaves nothing."""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from deploy.testbed.__main__ import main
from deploy.testbed.bed import Bed, default_cache
from deploy.testbed.server import TestbedError
from tests.servers.buckets import S3

# When a broker dies, kafka-python leaves the socket to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """What the Kafka clients left is collected here, where it is forgiven."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def bed(native_testbed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A testbed of this module's own: its servers die here."""
    own = Bed(tmp_path_factory.mktemp("testbed") / "bed", default_cache())
    try:
        own.up(brokers=3)
        yield own
    finally:
        own.down()


def messages(address: list[str], count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=30_000)
    consumer.assign([TopicPartition("kept", partition) for partition in range(3)])
    try:
        return sorted(next(consumer).value for _ in range(count))
    finally:
        consumer.close()


def s3(environment: dict[str, str]) -> S3:
    names = ("VEDETTE_TEST_S3", "VEDETTE_TEST_S3_KEY", "VEDETTE_TEST_S3_SECRET")
    endpoint, key, secret = (environment[name] for name in names)
    return S3(endpoint, key, secret)


def test_with_one_broker_of_three_dead_messages_are_taken_and_given(bed: Bed) -> None:
    address = bed.environment()["VEDETTE_TEST_KAFKA"].split(",")
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic("kept", num_partitions=3, replication_factor=3)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=address, acks="all")
    for partition in range(3):
        producer.send("kept", b"before", partition=partition).get(30)
    bed.kill("kafka-2")
    for partition in range(3):
        producer.send("kept", b"after", partition=partition).get(30)
    producer.close()
    assert messages(address, 6) == [b"after"] * 3 + [b"before"] * 3
    bed.start("kafka-2")
    assert all(bed.running().values())


def test_all_brokers_come_back_on_their_ports_with_their_messages(bed: Bed) -> None:
    address = bed.environment()["VEDETTE_TEST_KAFKA"].split(",")
    for name in ("kafka-1", "kafka-2", "kafka-3"):
        bed.kill(name)
    assert bed.up(brokers=3)["VEDETTE_TEST_KAFKA"].split(",") == address
    assert len(messages(address, 6)) == 6


def test_timescale_comes_back_on_its_port_with_its_rows(bed: Bed) -> None:
    dsn = bed.environment()["VEDETTE_TEST_TIMESCALE"]
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (at timestamptz NOT NULL, value int)")
        connection.execute("SELECT create_hypertable('kept', 'at')")
        connection.execute("INSERT INTO kept VALUES (now(), 1)")
    bed.kill("timescale")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=2)
    bed.start("timescale")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [(1,)]


def test_s3_comes_back_on_its_port_with_its_objects(bed: Bed) -> None:
    server = s3(bed.environment())
    bucket = server.bucket()
    client = server.client()
    client.put_object(Bucket=bucket, Key="a/kept", Body=b"before", Metadata={"of": "test"})
    bed.kill("s3")
    bed.start("s3")
    found = client.get_object(Bucket=bucket, Key="a/kept")
    assert (found["Body"].read(), found["Metadata"]) == (b"before", {"of": "test"})
    client.close()
    assert server.keys(bucket) == ["a/kept"]
    server.close()


def test_a_second_up_takes_what_runs_and_starts_what_does_not(bed: Bed) -> None:
    before = bed.up(brokers=3)
    bed.kill("s3")
    assert Bed(bed.folder, default_cache()).up(brokers=3) == before
    assert bed.running() == dict.fromkeys(("kafka-1", "kafka-2", "kafka-3", "timescale", "s3"), True)
    lines = (bed.folder / "env").read_text().splitlines()
    assert lines == [f"export {name}={value}" for name, value in before.items()]


def test_a_second_up_with_other_wishes_is_refused(bed: Bed) -> None:
    with pytest.raises(TestbedError, match=r"has 3 broker\(s\); take it down first"):
        bed.up()
    with pytest.raises(TestbedError, match=r"has ports .*; take it down first"):
        bed.up(brokers=3, ports={"s3": 1})


def test_a_server_that_is_not_there_is_named_with_those_that_are(bed: Bed, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(bed.folder), "kill", "kafka"]) == 1
    said = "error: there is no server 'kafka'; there are kafka-1, kafka-2, kafka-3, timescale, s3\n"
    assert capfd.readouterr().err == said


def test_down_leaves_no_process_no_mount_and_no_file(bed: Bed) -> None:
    bed.up(brokers=3)
    records = [bed.folder / name / "pid" for name in bed.running()]
    numbers = [json.loads(record.read_text())["pid"] for record in records]
    assert all(psutil.pid_exists(number) for number in numbers)
    children = [child.pid for number in numbers for child in psutil.Process(number).children(recursive=True)]
    assert children  # PostgreSQL's
    bed.down()
    assert not bed.folder.exists()
    assert [number for number in numbers + children if lives(number)] == []
    for mounted in Path("/proc").glob("[0-9]*/mountinfo"):
        with contextlib.suppress(OSError):  # whose process ended just now
            assert str(bed.folder) not in mounted.read_text(encoding="utf-8")


def lives(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.usefixtures("native_testbed")
def test_ports_can_be_fixed_and_are_checked(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="there is no such server"):
        Bed(tmp_path / "bed", default_cache()).up(ports={"redis": 1})
    with pytest.raises(TestbedError, match="brokers: 2 is not allowed; allowed are 1 and 3"):
        Bed(tmp_path / "bed", default_cache()).up(brokers=2)
    assert not (tmp_path / "bed" / "plan.json").exists()
