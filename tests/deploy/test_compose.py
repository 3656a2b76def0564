"""The containers, as far as they can be tried without any: each service's command is run, with its own configuration."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import yaml

from digest.clock import utc_now
from tests.cli.conftest import rss
from tests.helpers.servers import Answer, Server

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "newsletter-digest"}
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


class Services:
    """The services of compose.yaml on this machine: their names become loopback, their ports free ones."""

    def __init__(self, folder: Path, database: str, feed: str) -> None:
        self._folder, self._running = folder, list[tuple[subprocess.Popen[bytes], IO[bytes]]]()
        self.ports = {"1025": free_port(), "8025": free_port(), "8000": free_port()}
        config = (DEPLOY / "compose.toml").read_text("utf-8")
        for old, new in {
            'host = "inbox"': 'host = "127.0.0.1"',
            "port = 1025": f"port = {self.ports['1025']}",
            "/var/lib/digest/": f"{folder}/",
            "https://example.org/feed.xml": feed,
        }.items():
            assert old in config
            config = config.replace(old, new)
        (folder / "config.toml").write_text(f"{config}\n[fetch]\nallow_private = true\n", encoding="utf-8")
        self._environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")},
            "DIGEST_CONFIG": str(folder / "config.toml"),
            "DIGEST_DATABASE__URL": database,
            "DIGEST_WEB__PORT": self.ports["8000"],
        }

    def command(self, *words: str) -> list[str]:
        words = tuple("127.0.0.1" if word == "0.0.0.0" else self.ports.get(word, word) for word in words)
        return [sys.executable, "-m", "digest", *words]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words),
            cwd=self._folder,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        for number in range(OURS[name].get("deploy", {}).get("replicas", 1)):
            log = (self._folder / f"{name}-{number}.log").open("wb")
            command = self.command(*OURS[name]["command"])
            self._running.append(
                (subprocess.Popen(command, cwd=self._folder, env=self._environ, stdout=log, stderr=log), log)
            )

    def said(self) -> str:
        return "\n".join(path.read_text() for path in self._folder.glob("*.log"))

    def until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert all(process.poll() is None for process, _ in self._running), self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)  # noqa: TID251  # waiting for other processes

    def stop(self) -> list[int]:
        for process, _ in self._running:
            process.terminate()
        codes = [process.wait(60) for process, _ in self._running]
        for _, log in self._running:
            log.close()
        self._running = []
        return codes


def ask(port: str, path: str) -> str:
    """Return a page, "" while there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


@pytest.fixture
def services(tmp_path: Path, empty_postgres_url: str, server: Server) -> Iterator[Services]:
    body = rss(["Ferry back in service"], utc_now())
    server.routes["/feed.xml"] = Answer(body=body, headers={"Content-Type": "application/rss+xml"})
    made = Services(tmp_path, empty_postgres_url, server.url("/feed.xml"))
    yield made
    made.stop()


@pytest.mark.postgres
def test_the_services_send_an_edition_into_the_inbox(services: Services) -> None:
    services.run(*OURS["upgrade"]["command"])
    for name in ("inbox", "web", "worker"):
        services.start(name)
    services.until(lambda: ask(services.ports["8000"], "/readyz"))
    services.until(lambda: "<title" in ask(services.ports["8025"], "/"))
    services.run("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    services.run("send", "daily")
    services.until(lambda: "Ferry back in service" in ask(services.ports["8025"], "/"))
    assert "digest_database_up 1.0" in ask(services.ports["8000"], "/metrics")
    assert 'digest_jobs{kind="fetch",state="failed"} 0.0' in ask(services.ports["8000"], "/metrics")
    assert services.run("machines", "--json").count('"host"') == 3
    assert services.stop() == [0] * 4
    assert "Traceback" not in services.said()


def test_every_service_of_ours_is_tried_and_shut_in() -> None:
    assert set(OURS) == {"upgrade", "inbox", "web", "worker"}
    for one in OURS.values():
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]
        for port in one.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "what is for this machine listens on this machine"


def test_the_image_runs_as_a_user_and_installs_what_is_pinned() -> None:
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert set(re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)) == {"python:3.13-slim"}
    user = re.search(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert user
    assert f"--uid {user[1]} " in last
    assert last.index("\nUSER ") < last.index("\nENTRYPOINT ")
    for install in re.findall(r"pip install (.*)", CONTAINERFILE):
        assert "--require-hashes" in install or "--no-deps" in install
    assert "\nHEALTHCHECK " in last


def test_what_the_image_copies_is_there_and_let_in() -> None:
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists()
            assert name in let_in


def test_the_image_has_the_versions_that_are_tested() -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+(?:\[.*\])?==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    image = pinned("requirements-container.lock")
    assert image <= pinned("requirements-dev.lock")
    assert {"procrastinate", "psycopg", "uvloop", "opentelemetry-sdk"} <= {
        one.partition("==")[0] for one in image
    }


def test_the_health_check_asks_what_the_program_answers() -> None:
    assert "DIGEST_WEB__HOST=0.0.0.0" in CONTAINERFILE
    asked = re.search(r"urlopen\('http://127\.0\.0\.1:(\d+)(/\w+)'", CONTAINERFILE)
    assert asked
    assert asked.groups() == ("8000", "/healthz")
