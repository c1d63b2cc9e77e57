"""Where the tests' servers come from: the order, and what is said when there is none."""

from __future__ import annotations

import psycopg
import pytest

from deploy.testbed.kafka_metadata import broker_ports
from tests.servers import containers
from tests.servers.buckets import S3
from tests.servers.plugin import find
from tests.servers.sources import NEEDS, Missing, Sources


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No server is named, the testbed may not install itself, and no Docker daemon answers."""
    for name in [name for names in NEEDS.values() for name in names] + ["VEDETTE_TESTBED", "CI"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(containers, "unavailable", lambda: "no Docker daemon answers")
    return monkeypatch


def test_a_server_that_variables_name_is_taken_and_nothing_is_started(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("VEDETTE_TEST_KAFKA", "broker:9092")
    bare.setenv("VEDETTE_TESTBED", "native")
    assert Sources().find("kafka") == {"VEDETTE_TEST_KAFKA": "broker:9092"}


def test_a_server_that_is_half_named_says_what_lacks(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("VEDETTE_TEST_S3", "http://s3:7070")
    with pytest.raises(Missing, match="VEDETTE_TEST_S3 is set, but VEDETTE_TEST_S3_KEY, VEDETTE_TEST_S3_SECRET is not"):
        Sources().find("s3")


def test_a_wrong_wish_for_the_testbed_says_what_is_allowed(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("VEDETTE_TESTBED", "yes")
    with pytest.raises(ValueError, match="VEDETTE_TESTBED is 'yes'; allowed are 'native' and nothing"):
        Sources().find("kafka")


@pytest.mark.usefixtures("bare")
def test_at_home_a_missing_server_skips_and_says_what_would_bring_it() -> None:
    with pytest.raises(pytest.skip.Exception, match="no kafka server here: set VEDETTE_TEST_KAFKA, or VEDETTE_TESTBED"):
        find(Sources(), "kafka")


def test_in_ci_a_missing_server_is_a_failure(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no timescale server here"):
        find(Sources(), "timescale")


def test_an_image_that_cannot_be_had_is_a_missing_server(bare: pytest.MonkeyPatch) -> None:
    def start(running: object) -> list[str]:
        raise containers.CannotStart("the image cannot be pulled")

    bare.setattr(containers, "unavailable", lambda: None)
    bare.setitem(containers.STARTERS, "s3", start)
    with pytest.raises(Missing, match="containers: the image cannot be pulled"):
        Sources().find("s3")


def test_the_session_s_kafka_answers(kafka_server: str) -> None:
    ports = {int(address.rpartition(":")[2]) for address in kafka_server.split(",")}
    assert broker_ports(min(ports)) >= ports


def test_the_session_s_timescale_has_hypertables(timescale_server: str) -> None:
    with psycopg.connect(timescale_server) as connection:
        found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    assert found == (1,)


def test_the_session_s_s3_keeps_what_it_is_given_and_refuses_a_wrong_key(s3_server: S3) -> None:
    bucket = s3_server.bucket()
    client = s3_server.client()
    client.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    assert s3_server.keys(bucket) == ["a/b"]
    client.close()
    stranger = S3(s3_server.endpoint, s3_server.key, "wrong").client()
    with pytest.raises(stranger.exceptions.ClientError, match="SignatureDoesNotMatch"):
        stranger.list_buckets()
    stranger.close()
