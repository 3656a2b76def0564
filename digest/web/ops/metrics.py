"""/metrics: the measures of this process and how the queue stands, for Prometheus; the only door to its library."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from digest import __version__
from digest.telemetry.measures import Family, Histogram, Measures
from digest.tools import Tools
from digest.web.ops.gauges import Gauges, Values


class Metrics:
    """Answers a scrape."""

    def __init__(self, tools: Tools) -> None:
        self._measures, self._gauges = tools.measures, Gauges(tools)
        self._process = ProcessCollector(registry=None)  # its memory, processor time, descriptors

    async def answer(self, request: Request) -> Response:
        """Answer in the format that the scraper asks for: text, or OpenMetrics."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collected(self._measures, await self._gauges.read()))
        registry.register(self._process)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})


class _Collected(Collector):
    """What was counted and looked up, as Prometheus calls it."""

    def __init__(self, measures: Measures, gauges: Values) -> None:
        self._measures, self._gauges = measures, gauges

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("digest_build", "The program.", {"version": __version__})
        for family, values in self._gauges.items():
            gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for labels, value in values.items():
                gauge.add_metric(labels, value)
            yield gauge
        for family, counts in self._measures.counters.items():
            counter = CounterMetricFamily(family.name, family.help, labels=family.labels)
            for labels, count in counts.items():
                counter.add_metric(labels, count)
            yield counter
        for family, histograms in self._measures.histograms.items():
            yield _histogram(family, histograms)


def _histogram(family: Family, values: dict[tuple[str, ...], Histogram]) -> Metric:
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    bounds = [*map(str, family.bounds), "+Inf"]
    for labels, histogram in values.items():
        buckets = list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
        metric.add_metric(labels, buckets, histogram.sum)
    return metric
