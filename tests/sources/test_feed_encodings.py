"""Feeds in every encoding: declared rightly, wrongly or not at all."""

from __future__ import annotations

import pytest

from digest.model import Article, Fetched
from digest.sources.feed import parse

_TEXTS = {
    "utf-8": "Zürich, Łódź und 東京",
    "utf-16": "Zürich, Łódź und 東京",
    "utf-16-le": "Zürich, Łódź und 東京",
    "utf-16-be": "Zürich, Łódź und 東京",
    "utf-32": "Zürich, Łódź und 東京",
    "utf-32-le": "Zürich, Łódź und 東京",
    "iso-8859-1": "Zürich wählt – nicht",
    "windows-1252": "Zürich wählt – “nicht”",
    "iso-8859-2": "Łódź głosuje",
    "windows-1250": "Łódź głosuje",
    "iso-8859-15": "Œuvre à 5 €",
    "windows-1251": "Город голосует",
    "koi8-r": "Город голосует",
    "koi8-u": "Місто голосує",
    "iso-8859-5": "Город голосует",
    "iso-8859-7": "Η πόλη ψηφίζει",
    "windows-1253": "Η πόλη ψηφίζει",
    "iso-8859-8": "העיר מצביעה",
    "windows-1255": "העיר מצביעה",
    "windows-1256": "المدينة تصوت",
    "windows-1254": "Şehir oy kullanıyor",
    "windows-1257": "Rīga balso",
    "tis-620": "เมืองลงคะแนน",
    "shift_jis": "東京都が投票する",
    "euc-jp": "東京都が投票する",
    "iso-2022-jp": "東京都が投票する",
    "euc-kr": "서울이 투표한다",
    "gb2312": "北京投票",
    "gbk": "北京投票",
    "gb18030": "北京投票",
    "big5": "臺北投票",
}


def only(fetched: Fetched) -> Article:
    (article,) = fetched.articles
    return article


def _encoded(encoding: str, text: str, declared: str = "") -> bytes:
    text = text if encoding != "iso-8859-1" else text.replace("–", "-")
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{prolog}<rss><channel><item><title>{text}</title></item></channel></rss>".encode(encoding)


@pytest.mark.parametrize("encoding", _TEXTS)
def test_a_declared_encoding_is_read(encoding: str) -> None:
    text = _TEXTS[encoding].replace("–", "-") if encoding == "iso-8859-1" else _TEXTS[encoding]
    declared = encoding.partition("-le")[0].partition("-be")[0]
    assert only(parse(_encoded(encoding, text, declared))).title == text
    if not encoding.startswith("utf-"):
        served = f"application/rss+xml; charset={encoding}"
        assert only(parse(_encoded(encoding, text), content_type=served)).title == text


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (_encoded("utf-8", "Zürich", "iso-8859-1"), "", "Zürich"),
        (_encoded("utf-8", "Zürich", "utf-8"), "text/xml; charset=iso-8859-1", "Zürich"),
        (_encoded("utf-8", "Zürich"), "text/xml", "Zürich"),
        (b"\xef\xbb\xbf" + _encoded("utf-8", "Zürich", "utf-16"), "", "Zürich"),
        (_encoded("windows-1252", "Zürich – “ja”", "iso-8859-1"), "", "Zürich – “ja”"),
        (_encoded("windows-1252", "Zürich – “ja”", "utf-8"), "", "Zürich – “ja”"),
        (_encoded("windows-1252", "Zürich – “ja”", "no-such-thing"), "", "Zürich – “ja”"),
        (
            _encoded("utf-8", "Zürich ", "utf-8").replace(b"rich", b"rich \x96" + "ü".encode() * 30),
            "",
            "Zürich",
        ),
        (_encoded("utf-16", "Zürich", "utf-8"), "application/rss+xml; charset=utf-8", "Zürich"),
        (_encoded("utf-8", "It\x92s", "utf-8"), "", "It’s"),
        (b"\n\n  " + _encoded("utf-8", "Zürich", "utf-8"), "", "Zürich"),
    ],
)
def test_a_wrong_declaration_does_no_harm(body: bytes, content_type: str, text: str) -> None:
    assert only(parse(body, content_type=content_type)).title.startswith(text)


@pytest.mark.parametrize("encoding", [name for name in _TEXTS if not name.startswith(("utf", "iso-8859-1"))])
@pytest.mark.parametrize("default", ["us-ascii", "ISO-8859-1"])
def test_a_servers_default_says_nothing_of_a_document_that_speaks_for_itself(
    encoding: str, default: str
) -> None:
    body = _encoded(encoding, _TEXTS[encoding], encoding)
    assert only(parse(body, content_type=f"text/xml; charset={default}")).title == _TEXTS[encoding]


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("windows-874", "tis-620"), ("windows-31j", "shift_jis"), ("x-sjis", "shift_jis"), ("x-gbk", "gbk"),
        ("x-euc-jp", "euc-jp"), ("cn-big5", "big5"), ("x-cp1251", "windows-1251"), ("iso-8859-8-i", "iso-8859-8"),
    ],
)  # fmt: skip
def test_labels_that_only_the_web_knows(label: str, encoding: str) -> None:
    assert only(parse(_encoded(encoding, _TEXTS[encoding], label))).title == _TEXTS[encoding]


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        ("pl", "windows-1250", "Rada miasta postanowiła: nowy park będzie otwarty"),
        ("tr", "windows-1254", "Belediye meclisi yeni parkın bu bahar açılacağını söyledi"),
        ("lv", "windows-1257", "Pilsētas dome nolēma, ka jaunais parks tiks atvērts"),
        ("de", "windows-1252", "Der Stadtrat hat für die Straße gestimmt"),
    ],
)
def test_the_language_tells_what_nobody_declared_in_latin_script(
    language: str, encoding: str, text: str
) -> None:
    body = f"<rss><channel><language>{language}</language><item><title>{text}</title></item></channel></rss>"
    assert only(parse(body.encode(encoding))).title == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-u", "Міська рада вирішила, що новий парк відкриється вже цієї весни"),
        ("cp866", "Городской совет решил, что новый парк откроется уже этой весной"),
        ("iso-8859-6", "قرر مجلس المدينة افتتاح الحديقة الجديدة هذا الربيع كما أعلن المتحدث"),
        ("iso-2022-jp", "市議会は新しい公園をこの春に開園することを決めたと発表した"),
        ("gbk", "市议会决定新的公园将在今年春天开放，这是人们期待已久的事情"),
        ("windows-1251", "Городской совет решил, что новый парк откроется уже этой весной"),
        ("koi8-r", "Городской совет решил, что новый парк откроется уже этой весной"),
        ("windows-1253", "Το δημοτικό συμβούλιο αποφάσισε ότι το νέο πάρκο θα ανοίξει την άνοιξη"),
        ("windows-1255", "מועצת העיר החליטה שהפארק החדש ייפתח כבר באביב הקרוב"),
        ("shift_jis", "市議会は新しい公園をこの春に開園することを決めたと発表した"),
        ("euc-jp", "市議会は新しい公園をこの春に開園することを決めたと発表した"),
        ("euc-kr", "시의회는 새로운 공원을 올 봄에 개장하기로 결정했다고 발표했다"),
        ("gb2312", "市议会决定新的公园将在今年春天开放，这是人们期待已久的事情，他们说这个决定来得正是时候"),
        ("big5", "市議會決定新的公園將在今年春天開放，這是人們期待已久的事情，他們說這個決定來得正是時候"),
    ],
)
def test_what_nobody_declared_is_recognised_by_its_letters(encoding: str, text: str) -> None:
    assert only(parse(_encoded(encoding, text))).title == text
