"""The typefaces of a mail by script: those that come with computers and phones, since a mail cannot carry its own."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Typefaces:
    """Two families, as CSS names them; safe to set."""

    serif: Markup
    sans: Markup


def _faces(serif: str, sans: str) -> Typefaces:
    return Typefaces(Markup(f"{serif}, serif"), Markup(f"{sans}, sans-serif"))  # noqa: S704  fixed texts


_LATIN = _faces("Georgia, 'Noto Serif'", "Helvetica, Arial")
# A face that lacks a script leaves the choice to the program, and on Windows that is one from the bitmap age.
_BY_SCRIPT = {
    "Jpan": _faces(
        "'Hiragino Mincho ProN', 'Yu Mincho', 'Noto Serif CJK JP'",
        "'Hiragino Sans', 'Yu Gothic', Meiryo, 'Noto Sans CJK JP'",
    ),
    "Hans": _faces(
        "'Songti SC', 'Noto Serif CJK SC', SimSun", "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC'"
    ),
    "Hant": _faces(
        "'Songti TC', 'Noto Serif CJK TC', PMingLiU",
        "'PingFang TC', 'Microsoft JhengHei', 'Noto Sans CJK TC'",
    ),
    "Kore": _faces(
        "AppleMyungjo, Batang, 'Noto Serif CJK KR'",
        "'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR'",
    ),
    "Arab": _faces(
        "'Noto Naskh Arabic', 'Geeza Pro', 'Segoe UI'", "'Geeza Pro', 'Segoe UI', Tahoma, 'Noto Sans Arabic'"
    ),
    "Hebr": _faces(
        "'Noto Serif Hebrew', 'Arial Hebrew', David", "'Arial Hebrew', 'Segoe UI', Arial, 'Noto Sans Hebrew'"
    ),
}


def typefaces(script: str) -> Typefaces:
    """Return the families for a script (ISO 15924)."""
    return _BY_SCRIPT.get(script, _LATIN)
