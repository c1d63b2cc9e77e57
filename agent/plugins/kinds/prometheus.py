"""Prometheus exporters: one scrape, in the text format or OpenMetrics, whichever the exporter speaks."""

import io
import re
import zlib
from collections.abc import Iterable
from typing import cast

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.parser import text_fd_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_fd_to_metric_families as parse_text

from vedette_plugin import Option, Plugin, PluginError
from vedette_plugin.http import Answer, fetch

ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8,*/*;q=0.1"
_TOTALS = {"counter": ("",), "histogram": ("_bucket", "_count", "_sum"), "summary": ("_count", "_sum")}
"""By type, the endings of the samples that are totals; a summary's quantiles are not."""


class PrometheusPlugin(Plugin):
    """One exporter. Its metrics keep their names and labels; its label `instance` becomes `exported_instance`."""

    name = "prometheus"
    title = "Prometheus exporter"
    section = "Exporters"
    options = (
        Option("url", "", "where it is scraped, as http://127.0.0.1:9100/metrics", required=True),
        Option("keep", [], "regular expressions for whole names; without one all are kept"),
        Option("drop", [], "the same for names that are not kept"),
        Option("rename", {}, "a table: the beginning of a name, and what it becomes"),
        Option("drop_labels", [], "labels that are taken away; they must not be what tells series apart"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("token", "", "a bearer token", secret=True),
        Option("verify", True, "check the certificate"),
        Option("max_mb", 4, "longest answer, unpacked"),
    )

    def run(self) -> None:
        """Scrape."""
        answer = self._scraped()
        keep, drop = self._patterns("keep"), self._patterns("drop")
        try:
            for family in families(answer.headers.get("content-type", ""), answer.text()):
                for sample in family.samples:
                    if (keep is None or keep.fullmatch(sample.name)) and not (drop and drop.fullmatch(sample.name)):
                        self._sample(family, sample.name, sample.value, sample.labels)
        except (ValueError, KeyError, IndexError, AttributeError) as error:
            raise PluginError(f"the exporter's answer cannot be read: {error}") from error

    def _scraped(self) -> Answer:
        headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip"}
        if self.option("token"):
            headers["Authorization"] = f"Bearer {self.option('token')}"
        most = self.option("max_mb") << 20
        answer = fetch(
            self.option("url"),
            timeout_s=self.remaining_s(),
            headers=headers,
            user=self.option("user"),
            password=self.option("password"),
            verify=self.option("verify"),
            most=most,
        )
        if answer.headers.get("content-encoding", "identity") != "identity":
            answer.body = unpack(answer.body, most)
        return answer

    def _patterns(self, option: str) -> "re.Pattern[str] | None":
        given = self.option(option)
        try:
            return re.compile("|".join(f"(?:{one})" for one in given)) if given else None
        except re.error as error:
            raise PluginError(
                f"option {option}: {given!r} is not allowed; allowed: regular expressions ({error})"
            ) from None

    def _sample(self, family: Family, name: str, value: float, labels: dict[str, str]) -> None:
        kept = {key: text for key, text in labels.items() if key not in self.option("drop_labels")}
        if "instance" in kept:
            kept["exported_instance"] = kept.pop("instance")
        for beginning, becomes in self.option("rename").items():
            if name.startswith(beginning):
                name = becomes + name[len(beginning) :]
                break
        if value != value:
            return
        if is_total(family, name):
            self.counter(name, value, **kept)
        else:
            self.report(name, value, **kept)


def is_total(family: Family, name: str) -> bool:
    """Whether a sample is a total that only grows, by its family's type and its ending."""
    if name.endswith("_created"):
        return False
    if family.type in {"unknown", "untyped"}:
        return name.endswith("_total")  # as their guidelines say it
    return any(name.endswith(ending) for ending in _TOTALS.get(family.type, ()))


def families(content_type: str, text: str) -> Iterable[Family]:
    """The metric families of an answer, read as its Content-Type says; without one as the old text format."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/openmetrics-text":
        found = parse_openmetrics(io.StringIO(text))  # type: ignore[no-untyped-call] # it ships no types here
        return cast("Iterable[Family]", found)
    if kind in ("", "text/plain"):
        return parse_text(io.StringIO(text))
    raise PluginError(
        f"Content-Type {content_type!r} is not allowed; allowed: text/plain or application/openmetrics-text"
    )


def unpack(body: bytes, most: int) -> bytes:
    """A gzip body, unpacked up to `most` bytes."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise PluginError(f"the answer is no gzip: {error}") from error
    if len(plain) > most:
        raise PluginError(f"the answer is longer than {most} bytes")
    return plain
