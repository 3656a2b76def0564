"""Traces reach a collector over OTLP/HTTP, name nobody, and cost nothing where they are not wanted."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from digest.telemetry import tracing
from tests.helpers.servers import Answer, Server
from tests.web.conftest import Service, service

__all__ = ["service"]  # a fixture


@pytest.fixture
def collector(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A collector that takes traces."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    server.routes["/v1/traces"] = Answer(headers={"Content-Type": "application/x-protobuf"})
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url("").rstrip("/"))
    monkeypatch.setenv("OTEL_SERVICE_NAME", "paper")
    problem, end = tracing.begin("1.2.3")
    assert problem == ""
    yield server
    end()


def taken(collector: Server) -> dict[str, dict[str, object]]:
    """Return the attributes of every span that the collector took, by the span's name."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    found = {}
    for request in collector.requests:
        for of_resource in ExportTraceServiceRequest.FromString(_plain(request.body)).resource_spans:
            resource = {one.key: one.value.string_value for one in of_resource.resource.attributes}
            assert resource["service.name"] == "paper"
            assert resource["service.version"] == "1.2.3"
            for span in (span for scope in of_resource.scope_spans for span in scope.spans):
                values = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
                found[span.name] = values | {"failed": span.status.code == 2}
    return found


def _plain(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


async def test_requests_and_work_are_traced_without_names(collector: Server, service: Service) -> None:
    await service.client.get("/u/ada-s3cret-token")
    with contextlib.suppress(ValueError), tracing.span("fetch", kind="feed"):
        ids = tracing.current_ids()
        raise ValueError("ada@example.org")
    assert (len(ids["trace_id"]), len(ids["span_id"])) == (32, 16)
    tracing._tracer.span_processor.force_flush()
    spans = taken(collector)
    assert spans["http.request"] == {
        "http.request.method": "GET",
        "http.route": "/u/{token}",
        "http.response.status_code": 404,
        "failed": False,
    }
    assert spans["fetch"] == {"kind": "feed", "error.type": "ValueError", "failed": True}
    sent = b"".join(_plain(request.body) for request in collector.requests)
    assert b"ada" not in sent
    assert b"s3cret" not in sent


def test_nothing_is_traced_unless_a_collector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert tracing.begin("1")[0] == ""
    assert isinstance(tracing.span("fetch", kind="feed"), nullcontext)
    assert tracing.current_ids() == {}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tracing.begin("1")
    assert isinstance(tracing.span("fetch"), nullcontext)


def test_a_missing_extra_is_told_and_its_library_not_loaded_in_vain(tmp_path: object) -> None:
    program = (
        "import sys; from digest.telemetry import tracing\n"
        "assert tracing.begin('1')[0] == ''\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)\n"
        "import os; os.environ['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9'\n"
        "sys.modules['opentelemetry'] = None\n"
        "print(tracing.begin('1')[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install "newsletter-digest[telemetry]"' in done.stdout
