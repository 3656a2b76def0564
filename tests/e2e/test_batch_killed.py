"""`kill -9` while a batch is under way at a provider that recognises a repeated call: nobody in doubt, nobody twice."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until
from tests.helpers.servers import Answer, Request

_SENDER = """\
[[senders]]
kind = "resend"
api_key = "re_test"
url = "{url}"

[[newsletters]]
on_unknown = "hold"
"""


class Provider:
    """Takes batches; the same key with the same mails gets the first answer again, with other mails a 409."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.mailed: Counter[str] = Counter()
        self.calls = 0
        self.repeated = 0
        self._answers: dict[str, tuple[str, str]] = {}

    def __call__(self, request: Request) -> Answer:
        key = request.headers["idempotency-key"]
        content = hashlib.sha256(request.body).hexdigest()
        self.calls += 1
        if known := self._answers.get(key):
            self.repeated += 1
            if known[0] != content:
                return Answer(status=409, body='{"name": "invalid_idempotent_request"}')
            return Answer(body=known[1])
        mails = json.loads(request.body)
        self.mailed.update(mail["to"][0] for mail in mails)
        answer = json.dumps({"data": [{"id": f"{key[-8:]}-{n}"} for n in range(len(mails))]})
        self._answers[key] = content, answer
        return Answer(body=answer, delay=self.delay)


@pytest.mark.timeout(300)
def test_a_batch_that_was_under_way_is_asked_for_again(
    start: Callable[..., Process],
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
    soak: bool,
) -> None:
    readers, kills = (3000, 20) if soak else (650, 2)
    provider = Provider(delay=0.3)
    newsroom.server.routes["/emails/batch"] = provider
    newsroom.edit("[[newsletters]]\n", _SENDER.format(url=newsroom.server.url().rstrip("/")))
    table = newsroom.folder / "readers.csv"
    table.write_text("".join(f"reader{number}@example.org\n" for number in range(readers)))
    assert digest("subscribers", "import", table, "--newsletter", "daily").code == 0

    chance = random.Random(readers)
    for _ in range(kills):
        before, send = provider.calls, start("send", "daily")
        until(lambda before=before: provider.calls > before + 1, send)  # type: ignore[misc]
        provider.delay = chance.choice([0.05, 0.3])
        send.kill()
        send.wait()
    assert start("send", "daily").wait() == 0
    [edition] = digest("editions", "list", "--json").json
    assert edition["sent"] == readers
    assert digest("deliveries", edition["edition"], "--state", "unknown", "--json").json == []
    assert len(provider.mailed) == readers
    assert set(provider.mailed.values()) == {1}
    assert provider.repeated >= 1
    print(f"\n{kills} kills, {readers} readers: {provider.repeated} calls repeated, nobody in doubt or twice")
