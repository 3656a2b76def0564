"""Clean what comes from outside: plain texts, HTML fragments and addresses, safe in headers, pages and mails.

Every function is pure, and all but `plain_text` are idempotent: cleaning twice changes nothing.
"""

from digest.text.addresses import absolute_url, url_key, without_login
from digest.text.fragments import clean_html
from digest.text.hyphens import hyphenated
from digest.text.pictures import described_in, picture_key, pictures_in, with_pictures
from digest.text.plain import clean_text, is_word_end, plain_text, truncate
from digest.text.sentences import sentences

__all__ = [
    "absolute_url",
    "clean_html",
    "clean_text",
    "described_in",
    "hyphenated",
    "is_word_end",
    "picture_key",
    "pictures_in",
    "plain_text",
    "sentences",
    "truncate",
    "url_key",
    "with_pictures",
    "without_login",
]
