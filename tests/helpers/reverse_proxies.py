"""Real reverse proxies, run with this project's examples, before a server of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"

_NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        include {folder}/example.conf;
    }}
}}
"""


def program(name: str) -> str:
    """Return the path of a program; where it is missing the test is skipped, or fails with REQUIRE_PROGRAMS."""
    for place in (name, f"/usr/sbin/{name}"):
        if found := shutil.which(place):
            return found
    reason = f"{name} is not installed (apt install {name})"
    if os.environ.get("REQUIRE_PROGRAMS"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def proxy(name: str, folder: Path, upstream: int) -> Iterator[str]:
    """Run "nginx" or "caddy" before port `upstream`; gives its address."""
    found = program(name)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = (
        _nginx(found, folder, port, upstream) if name == "nginx" else _caddy(found, folder, port, upstream)
    )
    environ = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / f"{name}.log").open("wb+") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environ)
        try:
            _listens(process, port, folder / f"{name}.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _nginx(found: str, folder: Path, port: int, upstream: int) -> list[str]:
    example = (DEPLOY / "nginx.conf").read_text("utf-8").replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    (folder / "example.conf").write_text(example, encoding="utf-8")
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port), encoding="utf-8")
    return [found, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def _caddy(found: str, folder: Path, port: int, upstream: int) -> list[str]:
    example = (DEPLOY / "Caddyfile").read_text("utf-8").replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    assert "\nnews.example.org {" in example
    example = example.replace("\nnews.example.org {", f"\nhttp://127.0.0.1:{port} {{")
    options = "{\n\tadmin off\n\tauto_https off\n}\n"
    (folder / "Caddyfile").write_text(options + example, encoding="utf-8")
    return [found, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def _listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)  # noqa: TID251  # waiting for another process
        else:
            return
