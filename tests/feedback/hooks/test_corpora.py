"""Reports of real services, each proven anew: the right type, of the right reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest import plugins
from digest.feedback.hooks import ForgedRequest, HookRequest
from digest.model import Event, EventType
from tests.helpers.webhooks import mailgun_proof, read, signed

ANYMAIL = {"amazon_ses": "ses"} | {
    kind: kind
    for kind in ("brevo", "mailersend", "mailgun", "mailjet", "postmark", "resend", "sendgrid", "sparkpost")
}
SYMFONY = {
    "Brevo": "brevo",
    "Mailchimp": "mandrill",
    "MailerSend": "mailersend",
    "Mailgun": "mailgun",
    "Mailjet": "mailjet",
    "Postmark": "postmark",
    "Sendgrid": "sendgrid",
}
#: Other words for the same; what is in neither is its own word, or "other".
WORDS = {"failed": "rejected", "dropped": "rejected", "spam": "complained", "bounce": "bounced"}
WORDS |= {"unsubscribe": "unsubscribed", "open": "opened", "click": "clicked"}
TOUCHING = ("bounced", "complained", "unsubscribed")


def word(said: str) -> str:
    found = WORDS.get(said, said)
    return found if found in set(EventType) else "other"


def anymail(folder: Path) -> Iterator[tuple[str, HookRequest, list[tuple[str, str]]]]:
    for name, kind in ANYMAIL.items():
        for path in sorted((folder / "anymail" / name).glob("tracking-accept-*.json")):
            case = json.loads(path.read_text("utf-8"))
            given = case["request"]
            if "MailgunLegacy" in case["source"]["test"] or not given.get("body"):
                continue
            expected = [
                (word(one["event_type"]), one.get("recipient") or "") for one in case["expect"]["events"]
            ]
            content_type = given["headers"]["Content-Type"] if kind == "mailgun" else "application/json"
            yield kind, proven(kind, given["body"], content_type), expected


def proven(kind: str, body: str, content_type: str) -> HookRequest:
    request = signed(kind, body.encode(), content_type)
    if "multipart" not in content_type:
        return request
    boundary = content_type.partition("boundary=")[2]
    more = {"timestamp": str(int(request.now.timestamp())), "token": "t", "signature": mailgun_proof("t")}
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in more.items()
    )
    end = f"--{boundary}--"
    return replace(request, body=body.replace(end, fields + end).encode())


def symfony(folder: Path) -> Iterator[tuple[str, HookRequest, list[tuple[str, str]]]]:
    for name, kind in SYMFONY.items():
        for path in sorted((folder / "symfony" / name).glob("*.json")):
            if path.name.endswith(".expected.json"):
                continue
            said: Any = json.loads(path.read_text("utf-8"))
            body = json.dumps(said["mandrill_events"] if kind == "mandrill" else said)
            wanted = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))["events"]
            expected = [(word(one["type"]), one.get("recipient") or "") for one in wanted]
            if kind == "brevo" and said["event"] == "invalid_email":
                expected = [
                    ("bounced", expected[0][1])
                ]  # anymail says so, and Brevo calls it a failed delivery
            yield kind, signed(kind, body.encode()), expected


def test_reports_are_read_as_they_are_meant(corpora: Path) -> None:
    right = total = 0
    wrong = []
    for kind, request, expected in [*anymail(corpora / "webhooks"), *symfony(corpora / "webhooks")]:
        found = [(one.type.value, one.address) for one in read(kind, request)]
        if not expected:
            assert {type_ for type_, _ in found} <= {"other"}
            continue
        for index, one in enumerate(expected):
            total += 1
            if index < len(found) and found[index] == one:
                right += 1
            else:
                wrong.append((kind, one, found))
    assert total > 60
    assert not [one for one in wrong if one[1][0] in TOUCHING], wrong
    assert right / total >= 0.97, (right, total, wrong)


def test_signatures_of_others_are_judged_as_they_judge_them(corpora: Path) -> None:
    """Each with the clock at the time of the signature."""
    seen = 0
    for line in (corpora / "webhooks" / "signatures" / "vectors.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        kind = vector["esp"].partition("/")[0]
        module = plugins.load("feedback.hooks", kind)
        key = {"public_key": vector["public_key"]} if "public_key" in vector else {"secret": vector["secret"]}
        headers = {name.lower(): value for name, value in vector["headers"].items()}
        stamp = next((value for name, value in headers.items() if name.endswith("timestamp")), None)
        stamp = stamp or json.loads(vector["body"])["signature"]["timestamp"]
        request = HookRequest(
            headers=headers, body=vector["body"].encode(), now=datetime.fromtimestamp(float(stamp), UTC)
        )
        try:
            events: list[Event] | None = module.events(request, module.Options.model_validate(key))
        except ForgedRequest:
            events = None
        assert (events is not None) == vector["valid"], vector["name"]
        seen += 1
    assert seen >= 7
