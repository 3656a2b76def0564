"""Calls to the operator's own email APIs: one hop each; every answer is returned, whatever its status."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

import httpx

from digest.errors import HttpFailure, SourceError
from digest.net.http.body import Limit
from digest.net.http.response import Response
from digest.net.http.wire import FAILURES, Wire, header_fields, in_plain_words, read_body, shown

_POOL = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)
_MAX_REPLY_BYTES = 5_000_000  # bytes of an API's answer


class Caller:
    """Calls whom the operator trusts, at any address, on as many connections as are wanted at once."""

    def __init__(self, tls: ssl.SSLContext, user_agent: str) -> None:
        transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_POOL)
        self._wire = Wire(transport, user_agent)

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: float
    ) -> Response:
        """Call an API as `Http.request` describes it; raises what it raises."""
        sent = False

        async def trace(event: str, _: Mapping[str, object]) -> None:
            nonlocal sent
            sent = sent or event.endswith("send_request_headers.started")

        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        try:
            address = httpx.URL(url)
            async with asyncio.timeout(timeout):
                async with self._wire.answer(
                    method, address, headers, content=content, timeout=timeout, trace=trace
                ) as answer:
                    fields = header_fields(answer)
                    body = await read_body(answer, fields, Limit(_MAX_REPLY_BYTES))
        except TimeoutError:
            raise HttpFailure(f"{host} gave no answer within {timeout:g} s", sent=sent) from None
        except (SourceError, *FAILURES) as error:
            words = str(error) if isinstance(error, SourceError) else in_plain_words(error)
            raise HttpFailure(f"{host}: {words}", sent=sent) from None
        return Response(status=answer.status_code, url=shown(address), headers=fields, body=body)
