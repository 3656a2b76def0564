"""The rows that send into smtp-sink: ourselves, smtp-source and two libraries, in the same rounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from bench.harness import peers, product, sinks
from bench.harness.goals import Found, Goal, Terms
from bench.harness.newsroom import Smtp, Stock, stock
from bench.harness.runs import Contenders, Missing, Run, compete, ratios

_SOURCE, _OURS, _SIGNED = "smtp-source", "ours", "ours, RSA-2048, 2 processes"
_AIOSMTPLIB, _NODEMAILER = "aiosmtplib", "nodemailer, html + text"

_CPU = Goal("cpu", "CPU a message, one process, unsigned", 120, "µs", under=True)
#: Who must be so many times as fast as whom.
_RACES = {
    Goal("source", "smtp-source into smtp-sink", 1.0): (_OURS, _SOURCE),
    Goal("dkim", "the same, signed with RSA-2048 by 2 processes", 0.7): (_SIGNED, _SOURCE),
    Goal("aiosmtplib", "aiosmtplib, same connections, same bytes", 4): (_OURS, _AIOSMTPLIB),
    Goal("nodemailer", "nodemailer, pooled, html + text", 10): (_OURS, _NODEMAILER),
}
GOALS = (*_RACES, _CPU)


def measure(terms: Terms, wanted: Collection[str]) -> Found:
    """Let those send whom the wanted rows need."""
    races = {goal: pair for goal, pair in _RACES.items() if goal.row in wanted}
    names = {name for pair in races.values() for name in pair} | ({_OURS} if _CPU.row in wanted else set())
    with sinks.smtp_sink() as port, stock(terms.readers, opened=True) as ready:
        contenders, absent = _prepare(_senders(terms, port, ready), names)
        results = compete(contenders, terms.rounds)
    verdicts = [
        goal.skip(absent[whom]) if whom in absent else goal.judge(*ratios(results[who], results[whom]))
        for goal, (who, whom) in races.items()
    ]
    if _CPU.row in wanted:
        verdicts.append(_CPU.judge(*(run.cpu_us for run in results[_OURS])))
    return Found(verdicts, results)


def _senders(terms: Terms, port: int, ready: Stock) -> Mapping[str, Callable[[], Callable[[], Run]]]:
    """Return for each name what gets it ready to send; some have to be installed first."""
    smtp, many = Smtp(port=port, connections=terms.connections), terms.readers
    fewer, fewest = max(100, many // 8), max(100, many // 16)  # the slow ones: as long, not as many
    return {
        _SOURCE: lambda: partial(terms.source.send, port, many),
        _OURS: lambda: partial(product.deliver, ready, smtp),
        _SIGNED: lambda: partial(product.send, ready, smtp, workers=2, dkim=True),
        _AIOSMTPLIB: lambda: partial(peers.aiosmtplib(terms.connections).send, port, fewer),
        _NODEMAILER: lambda: partial(peers.nodemailer(terms.connections, terms.letter).send, port, fewest),
    }


def _prepare(
    senders: Mapping[str, Callable[[], Callable[[], Run]]], names: Collection[str]
) -> tuple[Contenders, dict[str, Missing]]:
    """Get the named ones ready; return those that are, and what the others lack."""
    ready: dict[str, Callable[[], Run]] = {}
    absent: dict[str, Missing] = {}
    for name in [name for name in senders if name in names]:
        try:
            ready[name] = senders[name]()
        except Missing as missing:
            absent[name] = missing
    return ready, absent
