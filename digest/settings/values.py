"""The values of a configuration that TOML has no type for, and the shape of its tables."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from digest import plugins
from digest.model.amounts import (
    Hours,
    Rate,
    Share,
    parse_duration,
    parse_hours,
    parse_rate,
    parse_share,
)
from digest.schedule.slots import WEEKDAYS


class Shape(BaseModel):
    """A table of the configuration: unknown keys are refused, values never shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


def _durations(value: object) -> object:
    if value == 0 and not isinstance(value, bool):
        return timedelta(0)
    if isinstance(value, int | float):  # a number alone would count as seconds, which is hardly ever meant
        raise ValueError('needs a unit; write for example "90s", "30m", "36h" or "2d"')
    return parse_duration(value) if isinstance(value, str) else value


def _rates(value: object) -> object:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list):
        return value
    return tuple(parse_rate(text) if isinstance(text, str) else text for text in texts)


def _host_rates(value: object) -> object:
    return (
        {host: _host_rate(str(host), rate) for host, rate in value.items()}
        if isinstance(value, dict)
        else value
    )


def _host_rate(host: str, value: object) -> object:
    """Read one host's rate; None stands for none."""
    if not re.fullmatch(r"\*|[^\s@*]+\.[^\s@*.]+", host):
        raise ValueError(f'{host!r} is no domain; write for example "gmail.com", or "*" for all others')
    if not isinstance(value, str):
        return value
    rate = None if value == "none" else parse_rate(value)
    if rate and rate.seconds > 3600:
        raise ValueError(
            f'{host}: a mail host has a rate per second, minute or hour, or "none"; not {value!r}'
        )
    return rate


def _hours(value: object) -> object:
    return (parse_hours(value) if value else None) if isinstance(value, str) else value


def _share(value: object) -> object:
    return (parse_share(value) if value else None) if isinstance(value, str | int) else value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = plugins.did_you_mean(value, available_timezones())
        raise ValueError(f"unknown timezone {value!r}{near}") from None
    return value


def from_folder(path: Path, info: ValidationInfo) -> Path:
    """Take a relative path from the configuration's folder, which `config.load` hands over as context."""
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path.expanduser()


Duration = Annotated[timedelta, BeforeValidator(_durations)]
HostRates = Annotated[dict[str, Rate | None], BeforeValidator(_host_rates)]
Rates = Annotated[tuple[Rate, ...], BeforeValidator(_rates)]
OptionalShare = Annotated[Share | None, BeforeValidator(_share)]
OptionalHours = Annotated[Hours | None, BeforeValidator(_hours)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Term = Annotated[str, Field(min_length=1)]
LocalPath = Annotated[Path, AfterValidator(from_folder), Field(validate_default=True)]
OptionalPath = Annotated[Path, AfterValidator(from_folder)] | None


def _weekday(value: object) -> object:
    if not isinstance(value, str):
        return value
    day = value.lower()
    if day in WEEKDAYS or day in {name[:3] for name in WEEKDAYS}:
        return day[:3]
    raise ValueError(f'{value!r} is no day of the week; write for example "sun" or "friday"')


#: A day of the week by the three letters that it begins with.
Weekday = Annotated[str, BeforeValidator(_weekday)]
