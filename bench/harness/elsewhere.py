"""The rows that send to a server far away, where waiting is all that counts, and into a real Postfix."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from bench.harness import product, sinks
from bench.harness.goals import Found, Goal, Terms
from bench.harness.newsroom import Smtp, stock
from bench.harness.postfix import postfix
from bench.harness.runs import Run, compete, ratios

_DELAY = 20  # milliseconds
_SECONDS = 3.0
_NEVER_RENEWED = 1_000_000  # messages of one connection: smtp-source keeps its own for ever

_DATA = Goal("far", f"smtp-source, answers after {_DELAY} ms, PIPELINING", 3.5)
_CHUNKS = Goal("far", f"smtp-source, answers after {_DELAY} ms, CHUNKING", 12)
_POSTFIX = Goal("postfix", "smtp-source into a real Postfix smtpd", 0.75)
FAR_GOALS, POSTFIX_GOALS = (_DATA, _CHUNKS), (_POSTFIX,)


def far(terms: Terms, _: Collection[str]) -> Found:
    """Send to a server that answers late."""
    # Who waits for four answers sends so many; the others get so many more that they take about as long.
    count = int(_SECONDS * terms.connections / (4 * _DELAY / 1000))
    source, data, chunks = (
        f"{who}, {_DELAY} ms" for who in ("smtp-source", "ours, PIPELINING", "ours, CHUNKING")
    )
    smtp = partial(Smtp, connections=terms.connections, messages_per_connection=_NEVER_RENEWED)
    with (
        sinks.far_away(_DELAY) as port,
        stock(4 * count, opened=True) as fewer,
        stock(15 * count, opened=True) as more,
    ):
        contenders = {
            source: partial(terms.source.send, port, count),
            data: partial(product.deliver, fewer, smtp(port=port)),
            chunks: partial(product.deliver, more, smtp(port=port, chunking=True)),
        }
        results = compete(contenders, terms.rounds)
    verdicts = [
        _DATA.judge(*ratios(results[data], results[source])),
        _CHUNKS.judge(*ratios(results[chunks], results[source])),
    ]
    return Found(verdicts, results)


def into_postfix(terms: Terms, _: Collection[str]) -> Found:
    """Send to a mail server that writes every mail to its disk before it answers."""
    source, ours, count = "smtp-source, Postfix", "ours, Postfix", max(100, terms.readers // 5)
    with postfix() as server, stock(count, opened=True) as ready:

        def alone(send: Callable[[], Run]) -> Run:
            result = send()
            server.settle()
            return result

        smtp = Smtp(port=server.port, connections=terms.connections)
        contenders = {
            source: partial(alone, partial(terms.source.send, server.port, count)),
            ours: partial(alone, partial(product.deliver, ready, smtp)),
        }
        results = compete(contenders, terms.rounds)
    return Found([_POSTFIX.judge(*ratios(results[ours], results[source]))], results)
