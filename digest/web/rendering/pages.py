"""Turn our own page templates (templates/web) into answers; markup in values is always escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse, Response


class Pages:
    """The templates of templates/web, compiled once."""

    def __init__(self, templates: Path, **common: Any) -> None:
        self._folder = templates / "web"
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update({"root": ".."} | common)

    def render(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return the page of a template."""
        return HTMLResponse(self.html(name, **values), status_code=status)

    def html(self, name: str, **values: Any) -> str:
        """Return the HTML of a template."""
        return self._environment.get_template(name).render(values)

    def stylesheet(self, name: str, before: str = "") -> Response:
        """Return a stylesheet of the folder, with rules that depend on the configuration `before` it."""
        css = before + (self._folder / name).read_text(encoding="utf-8")
        return Response(css, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    def script(self, name: str) -> Response:
        """Return a script of the folder."""
        text = (self._folder / name).read_text(encoding="utf-8")
        return Response(text, media_type="text/javascript", headers={"Cache-Control": "public, max-age=3600"})
