"""Which of Jinja's filters a template may use, and how they are kept from making much of little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import Environment
from jinja2.exceptions import SecurityError
from jinja2.filters import do_batch, do_round, make_attrgetter, sync_do_join, sync_do_slice, sync_do_sum
from jinja2.nodes import EvalContext
from jinja2.utils import pass_environment, pass_eval_context

from digest.edition.theme.meter import meter, weighed, weight

#: What templates may use of Jinja's own filters; `safe`, `format`, `center` and their like are absent on purpose.
FILTERS = frozenset(
    """
    abs attr batch capitalize count d default dictsort e escape first float groupby int items join last length list lower
    map max min reject rejectattr reverse round select selectattr slice sort striptags sum title trim unique
    upper urlencode wordcount
    """.split()  # noqa: SIM905  words, not a column of them
)
_MAX_PIECES = 10_000  # pieces, or digits, that a filter may be asked for


def counted(
    jinjas: Mapping[str, Callable[..., Any]], ours: Mapping[str, Callable[..., Any]]
) -> dict[str, Any]:
    """Return the filters of a template by name, each of which counts as a step and has its result weighed."""
    allowed = {name: filter_ for name, filter_ in jinjas.items() if name in FILTERS}
    return {name: _counted(filter_) for name, filter_ in (allowed | _BOUNDED | dict(ours)).items()}


def _counted(filter_: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(filter_)  # Jinja's marks on it included: what it wants to be passed
    def run(*args: Any, **kwargs: Any) -> Any:
        meter.get().step()
        return weighed(filter_(*args, **kwargs))

    return run


def _in_bounds(number: int) -> int:
    if abs(number) > _MAX_PIECES:
        raise SecurityError(f"a number as large as {number} is not for a mail")
    return number


def _batch(value: Iterable[Any], linecount: int, fill_with: Any = None) -> Iterator[Any]:
    return map(weighed, do_batch(value, _in_bounds(linecount), fill_with))


def _slice(value: Any, slices: int, fill_with: Any = None) -> Iterator[Any]:
    return map(weighed, sync_do_slice(value, _in_bounds(slices), fill_with))


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    return do_round(value, _in_bounds(precision), method)


@pass_environment
def _sum(environment: Environment, value: Iterable[Any], attribute: Any = None, start: Any = 0) -> Any:
    if not isinstance(start, int | float):  # a list would grow by every list in `value`
        raise SecurityError("'sum' works on numbers only")
    return sync_do_sum(environment, value, attribute, start)


@pass_eval_context
def _join(context: EvalContext, value: Iterable[Any], d: Any = "", attribute: Any = None) -> str:
    if attribute is not None:
        value = map(make_attrgetter(context.environment, attribute), value)
    things = list(value)
    meter.get().take(weight(things) + len(things) * weight(d))  # before it is made, not after
    return sync_do_join(context, things, d)


_BOUNDED: dict[str, Callable[..., Any]] = {
    "batch": _batch,
    "join": _join,
    "round": _round,
    "slice": _slice,
    "sum": _sum,
}
