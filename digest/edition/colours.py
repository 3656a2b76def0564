"""Colours that can be read: contrast after WCAG 2.2, and an accent corrected until it has enough."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3 (AA), for text below 24 px


def _channels(colour: str) -> tuple[int, int, int]:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" or "#rgb", from 0 to 1 (WCAG 2.2)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, *grounds: str, enough: float = ENOUGH) -> str:
    """Return `colour`, made lighter or darker just as far as it takes to be read on every ground; its hue stays."""
    goal = 0.0 if luminance(grounds[0]) > 0.18 else 1.0
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    for step in range(101):
        nearer = _hex(colorsys.hls_to_rgb(hue, lightness + (goal - lightness) * step / 100, saturation))
        if all(contrast(nearer, ground) >= enough for ground in grounds):
            return nearer
    return "#000000" if goal == 0 else "#ffffff"


def _hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in colour)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one appearance, each readable where a theme puts it."""

    page: str  # around the sheet
    paper: str  # the sheet
    ink: str  # headlines and text
    grey: str  # bylines, captions, foot
    rule: str  # hairlines
    tint: str  # a quiet box
    accent: str  # as text on paper and tint
    button: str  # as a ground, with `on_button` on it
    on_button: str


def _palette(accent: str, **base: str) -> Palette:
    text = readable(accent, base["paper"], base["tint"])
    on_button = max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, text))
    return Palette(**base, accent=text, button=readable(text, on_button), on_button=on_button)


def light(accent: str) -> Palette:
    """Return the colours by day."""
    return _palette(
        accent, page="#f1efea", paper="#fffefb", ink="#1a1814", grey="#635f57", rule="#dcd8cf", tint="#f6f3ec"
    )


def dark(accent: str) -> Palette:
    """Return the colours by night."""
    return _palette(
        accent, page="#121110", paper="#1b1a18", ink="#efece6", grey="#a9a49a", rule="#3a3733", tint="#262421"
    )
