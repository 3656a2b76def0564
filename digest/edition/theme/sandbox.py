"""Run a theme's templates in a sandbox: what they may call, how long they may take, and what a broken one is told.

Themes come from the operator, articles from strangers. So markup is always escaped, no filter can switch that off,
and a template that loops or grows without end is stopped. Nothing here starts a process: every loop turn, call and
filter is counted and what they make is weighed, which bounds time and memory without the price of a fork.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.edition.theme.filters import counted
from digest.edition.theme.meter import MAX_CHARACTERS, Meter, meter, weighed, weight
from digest.errors import TemplateError
from digest.plugins import did_you_mean

#: Methods that make a large value from a small one; `encode` and `to_bytes` lead to others of this kind.
_GROWING = frozenset(
    "center encode expandtabs format format_map join ljust replace rjust to_bytes translate zfill".split()  # noqa: SIM905
)


class _Generator(CodeGenerator):
    """Compile every loop turn, every `~` and every list so that it is counted."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802  Jinja's name
        node.body.insert(
            0, nodes.ExprStmt(nodes.Call(nodes.EnvironmentAttribute("turn"), [], [], None, None))
        )
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802  Jinja's name
        self.write("environment.weighed(")
        super().visit_Concat(node, frame)
        self.write(")")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:  # noqa: N802  Jinja's name
        self.write("environment.weighed(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802  Jinja's name
        self.write("environment.weighed(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:  # noqa: N802  Jinja's name
        if node.ctx == "store":  # the names in `{% set a, b = ... %}`
            super().visit_Tuple(node, frame)
            return
        self.write("environment.weighed(")
        super().visit_Tuple(node, frame)
        self.write(")")


class _Absent(jinja2.StrictUndefined):
    """A missing name; using it raises an error that also suggests the name that may have been meant."""

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return str(self._undefined_hint)
        if self._undefined_obj is jinja2.utils.missing:
            return f"there is no variable {self._undefined_name!r}"
        names = [name for name in dir(self._undefined_obj) if not name.startswith("_")]
        return f"there is no {self._undefined_name!r} here{did_you_mean(str(self._undefined_name), names)}"


class _Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    weighed = staticmethod(weighed)

    def turn(self) -> None:
        """Count nothing itself: the call that leads here is what counts."""

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Join what a macro or a block has made; Jinja's code calls this by its name."""
        pieces = list(pieces)
        meter.get().take(sum(map(len, pieces)))
        return "".join(pieces)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        meter.get().step()
        return weighed(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+":
            meter.get().take(weight(left, right))
            return super().call_binop(context, operator, left, right)
        if not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator!r} works on numbers only")
        if max(abs(left), abs(right)) > 10**6 or (operator == "**" and abs(right) > 16):
            raise SecurityError(f"{operator!r} of numbers as large as these is not for a mail")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if hasattr(
            type(obj), "__dataclass_fields__"
        ):  # our own values, frozen: a quarter of a rendering is this look
            return not attr.startswith("_")
        grows = attr in _GROWING and isinstance(obj, str | bytes | int)
        return not grows and super().is_safe_attribute(obj, attr, value)


class Theme:
    """A theme's templates, compiled once, ready to be rendered any number of times from any thread."""

    def __init__(self, folder: Path, shared: Path, filters: Mapping[str, Callable[..., Any]]) -> None:
        self.folder = folder
        self._roots = tuple(dict.fromkeys((folder, shared)))
        self._html = self._environment(filters, escape=True)
        self._text = self._environment(filters, escape=False)

    def _environment(self, filters: Mapping[str, Callable[..., Any]], *, escape: bool) -> _Sandbox:
        sandbox = _Sandbox(
            loader=jinja2.FileSystemLoader(self._roots),
            autoescape=escape,
            undefined=_Absent,
            finalize=lambda value: "" if value is None else value,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        sandbox.filters = counted(sandbox.filters, filters)
        sandbox.globals.pop("lipsum", None)
        return sandbox

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return a template's output, markup escaped unless its name ends in .txt; raises TemplateError."""
        sandbox = self._text if name.endswith(".txt") else self._html
        return self._run(lambda: sandbox.get_template(name), name, values)

    def render_line(self, source: str, what: str, values: Mapping[str, Any]) -> str:
        """Return the output of a template given as text; `what` is where a person finds it. Raises TemplateError."""
        return self._run(lambda: self._text.from_string(source), what, values)

    def _run(self, load: Callable[[], jinja2.Template], what: str, values: Mapping[str, Any]) -> str:
        token = meter.set(Meter())
        try:
            pieces, size = [], 0
            for piece in load().generate(values):
                size += len(piece)
                if size > MAX_CHARACTERS:
                    raise SecurityError(f"it makes more than {MAX_CHARACTERS:,} characters")
                pieces.append(piece)
            return "".join(pieces)
        except RecursionError as error:
            raise TemplateError(
                f"{self._place(error, what)}: it includes or calls itself without end"
            ) from None
        except Exception as error:  # whatever a template provokes, its author needs the place and the reason
            raise TemplateError(f"{self._place(error, what)}: {self._reason(error)}") from error
        finally:
            meter.reset(token)

    def _place(self, error: Exception, what: str) -> str:
        """Return "file:line" of the innermost template line that an error passed through."""
        if isinstance(error, jinja2.TemplateSyntaxError):
            return f"{error.filename or self._named(what)}:{error.lineno}"
        roots = tuple(str(root) for root in self._roots)
        lines = [
            line
            for line in extract_tb(error.__traceback__)
            if line.filename.startswith((*roots, "<template>"))
        ]
        if not lines:
            return self._named(what)
        file = self._named(what) if lines[-1].filename == "<template>" else lines[-1].filename
        return f"{file}:{lines[-1].lineno}"

    def _named(self, what: str) -> str:
        return str(self.folder / what) if self.has(what) else what

    def _reason(self, error: Exception) -> str:
        if isinstance(error, jinja2.TemplateNotFound):
            known = sorted(self._html.list_templates(["html", "txt"]))
            return f"there is no template {error.name!r}{did_you_mean(str(error.name), known)}"
        return str(error) or type(error).__name__


@lru_cache(maxsize=16)
def load_theme(folder: Path, shared: Path, filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Theme:
    """Return the theme of a folder; its files are read again whenever they change."""
    return Theme(folder, shared, dict(filters))
