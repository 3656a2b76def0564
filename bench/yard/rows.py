"""The rows of bench/delivery.py: each yard below measures some of them in one go and gives its verdicts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.yard import peers, product, sinks
from bench.yard.newsroom import Smtp, Stock, stock
from bench.yard.postfix import postfix
from bench.yard.runs import Contenders, Missing, Results, Run, compete, ratio
from bench.yard.table import Verdict, skipped, times

SOURCE, OURS, SIGNED = "smtp-source", "ours", "ours, RSA-2048, 2 processes"
AIOSMTPLIB, NODEMAILER = "aiosmtplib", "nodemailer, html + text"
_DELAY = 20  # milliseconds
_NEVER_RENEWED = 1_000_000  # messages per connection: smtp-source keeps its own as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for all who send."""

    readers: int
    connections: int
    rounds: int
    size: int  # bytes of a message on the wire
    letter: Path  # the mail as `bench.yard.letter` writes it
    large: bool  # a million readers too
    over_smtp: bool  # the sizes over SMTP too

    @property
    def source(self) -> peers.SmtpSource:
        return peers.SmtpSource(size=self.size, connections=self.connections)


Yard = tuple[list[Verdict], Results]


# --- into smtp-sink ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Near:
    """A row against smtp-sink: who must be at least so many times as fast as whom."""

    against: str
    who: str
    whom: str
    goal: float

    def verdict(self, row: str, found: Results) -> Verdict:
        return times(row, self.against, ratio(found[self.who], found[self.whom]), self.goal)


_NEAR = {
    "source": _Near("smtp-source into smtp-sink", OURS, SOURCE, 1.0),
    "dkim": _Near("the same, signed with RSA-2048 by 2 processes", SIGNED, SOURCE, 0.7),
    "aiosmtplib": _Near("aiosmtplib, as many connections, same bytes", OURS, AIOSMTPLIB, 4.0),
    "nodemailer": _Near("nodemailer, pooled, html + text", OURS, NODEMAILER, 10.0),
}
_CPU_GOAL = 120.0  # microseconds


def near(terms: Terms, wanted: Collection[str]) -> Yard:
    """Send into smtp-sink: ourselves, smtp-source and the libraries, as far as the rows that are wanted need them."""
    rows = {name: row for name, row in _NEAR.items() if name in wanted}
    absent: dict[str, Missing] = {}
    with sinks.smtp_sink() as port, stock(terms.readers, opened=True) as ready:
        senders = _near_senders(terms, port, ready)
        who = {name for row in rows.values() for name in (row.who, row.whom)}
        if "cpu" in wanted:
            who.add(OURS)
        contenders = _prepare({name: get for name, get in senders.items() if name in who}, absent)
        found = compete(contenders, terms.rounds)
    said = [
        skipped(name, row.against, f"{row.goal:g} x", absent[row.whom])
        if row.whom in absent
        else row.verdict(name, found)
        for name, row in rows.items()
    ]
    return [*said, *([_cpu(found)] if "cpu" in wanted else [])], found


def _near_senders(terms: Terms, port: int, ready: Stock) -> dict[str, Callable[[], Callable[[], Run]]]:
    """Return for each name what gets it ready; some have to be installed first."""
    smtp, many = Smtp(port=port, connections=terms.connections), terms.readers
    library, composer = max(100, many // 8), max(100, many // 16)  # they are slow: as long, not as many
    return {
        SOURCE: lambda: partial(terms.source.send, port, many),
        OURS: lambda: partial(product.deliver, ready, smtp),
        SIGNED: lambda: partial(product.send, ready, smtp, workers=2, dkim=True),
        AIOSMTPLIB: lambda: partial(peers.aiosmtplib(terms.connections).send, port, library),
        NODEMAILER: lambda: partial(peers.nodemailer(terms.connections, terms.letter).send, port, composer),
    }


def _prepare(senders: dict[str, Callable[[], Callable[[], Run]]], absent: dict[str, Missing]) -> Contenders:
    ready = {}
    for name, get in senders.items():
        try:
            ready[name] = get()
        except Missing as missing:
            absent[name] = missing
    return ready


def _cpu(found: Results) -> Verdict:
    spent = sorted(run.cpu_us for run in found[OURS])[len(found[OURS]) // 2]
    what = "CPU a message, one process, unsigned"
    return Verdict(
        row="cpu",
        against=what,
        goal=f"under {_CPU_GOAL:.0f} µs",
        figure=f"{spent:.0f} µs",
        met=spent < _CPU_GOAL,
    )


# --- far away, and into a real mail server -------------------------------------------------------------------


def far(terms: Terms, _: Collection[str]) -> Yard:
    """Send to a server that answers late, where waiting is all that counts."""
    alone = int(3 * terms.connections / (_DELAY / 1000) / 4)  # who waits for four answers sends this in 3 s
    data, chunks = f"{OURS}, PIPELINING", f"{OURS}, CHUNKING"
    with (
        sinks.far_away(_DELAY) as port,
        stock(4 * alone, opened=True) as fewer,
        stock(15 * alone, opened=True) as more,
    ):
        smtp = partial(Smtp, port=port, connections=terms.connections, messages_per_connection=_NEVER_RENEWED)
        found = compete(
            {
                SOURCE: partial(terms.source.send, port, alone),
                data: partial(product.deliver, fewer, smtp()),
                chunks: partial(product.deliver, more, smtp(chunking=True)),
            },
            terms.rounds,
        )
    against = f"smtp-source, answers after {_DELAY} ms"
    said = [
        times("far", f"{against}, PIPELINING", ratio(found[data], found[SOURCE]), 3.5),
        times("far", f"{against}, CHUNKING", ratio(found[chunks], found[SOURCE]), 12.0),
    ]
    return said, {f"{name}, {_DELAY} ms": runs for name, runs in found.items()}


def into_postfix(terms: Terms, _: Collection[str]) -> Yard:
    """Send to a real Postfix that writes every mail to its queue before it answers."""
    count = max(100, terms.readers // 5)
    with postfix() as server, stock(count, opened=True) as ready:

        def alone(send: Callable[[], Run]) -> Run:
            result = send()
            server.settle()
            return result

        ours = partial(product.deliver, ready, Smtp(port=server.port, connections=terms.connections))
        contenders = {
            SOURCE: partial(alone, partial(terms.source.send, server.port, count)),
            OURS: partial(alone, ours),
        }
        found = compete(contenders, terms.rounds)
    said = [
        times("postfix", "smtp-source into a real Postfix smtpd", ratio(found[OURS], found[SOURCE]), 0.75)
    ]
    return said, {f"{name} -> Postfix": runs for name, runs in found.items()}
