"""Traces for OpenTelemetry: spans around what takes time, where the extra `telemetry` is installed and wanted.

They are wanted where the standard environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT, or the one for traces).
Everything else is also configured by the standard OTEL_* variables. Without them a span costs a function call, and the
library is not even loaded. Attributes are names from the configuration and numbers, never an address or a link.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NOTHING: AbstractContextManager[Any] = nullcontext()

_tracer: Any = None  # of the library, once tracing has been begun


def span(name: str, **attributes: str | int | float) -> AbstractContextManager[Any]:
    """Return a context whose length becomes a span; an exception that leaves it is noted by its type alone."""
    if _tracer is None:
        return _NOTHING
    return _Span(_tracer, name, attributes)


class _Span:
    """A span of the library, which would write the text of an exception, and that may name a reader."""

    def __init__(self, tracer: Any, name: str, attributes: Mapping[str, str | int | float]) -> None:
        self._context = tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        )

    def __enter__(self) -> Any:
        self._span = self._context.__enter__()
        return self._span

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if kind is not None and issubclass(kind, Exception):
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR)
            self._span.set_attribute("error.type", kind.__name__)
        self._context.__exit__(kind, error, trace)


def current_ids() -> dict[str, str]:
    """Return the ids of the span under way, for a line of the log; nothing where there is none."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def begin(version: str) -> tuple[str, Callable[[], None]]:
    """Begin to trace if the environment wants it; return what a person should know ("" if nothing), and what ends it."""
    global _tracer
    unwanted = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if unwanted or not any(os.environ.get(name) for name in _ENDPOINTS):
        return "", _nothing
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        why = "traces are wanted (OTEL_EXPORTER_OTLP_ENDPOINT), but the extra is not installed"
        return f'{why}: pip install "newsletter-digest[telemetry]"', _nothing
    about = {"service.version": version}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        about["service.name"] = "digest"
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("digest", version)

    def end() -> None:
        global _tracer
        _tracer = None
        provider.shutdown()

    return "", end


def _nothing() -> None:
    """End nothing."""
