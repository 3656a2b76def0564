"""Addresses: made absolute for links, made comparable to tell whether two of them lead to the same page."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

from digest.text.characters import readable

_MAX_CHARACTERS = 4000  # characters; no browser's and no mail program's limit is far above
_NO_HOST = re.compile(r"[\s%<>\"'\\^`{|}]")
_LINE_BREAKS = dict.fromkeys(map(ord, "\t\r\n"))  # browsers drop them (WHATWG URL, 4.4)
_LOGIN = re.compile(r"//[^/?#\s]*@")
_UNSAFE = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]')


def absolute_url(url: str, base: str = "") -> str:
    """Return `url` made absolute by `base`, "" unless that is an http or https address with a host."""
    url = url.strip().translate(_LINE_BREAKS).replace("&amp;", "&")
    if not url or len(url) > _MAX_CHARACTERS:
        return ""
    try:
        joined = urljoin(base, url) if base else url
        joined = f"https:{joined}" if joined.startswith("//") else joined
        parts = urlsplit(joined)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.port == 0:
            return ""
    except ValueError:  # brackets or a port that are none
        return ""
    if _NO_HOST.search(parts.netloc):
        return ""
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", readable(joined))


def without_login(text: str) -> str:
    """Return an address, or a text with addresses in it, without the user names and passwords that these hold."""
    return _LOGIN.sub("//", text)


_TRACKING = re.compile(
    r"utm_\w+|(?:pk|mtm|piwik|matomo|itm|ga|hmb)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement|term)"
    r"|(?:fb|g|d|y|ms|tw|tt|rb_)clid|[gw]braid|gclsrc|li_fat_id|srsltid|igsh(?:id)?"
    r"|_(?:ga|gl|hsenc|hsmi|openstat|ke|bta_tid)|hsa_\w+|hsctatracking|mc_[ce]id|mkt_tok|ml_subscriber(?:_hash)?"
    r"|vero_(?:id|conv)|oly_(?:anon|enc)_id|guccounter|guce_refer\w+|soc_(?:src|trk)|trk_\w+|tracking_source"
    r"|wt[._]?mc(?:_id)?|wprov|xtor|smid|smtyp|sref|ncid|ocid|cmpid|icid|spm|s_cid|ref_(?:src|url)"
    r"|at_(?:medium|campaign\w*|format|bbc_team|ptr_name|link_\w+|custom\d)|__twitter_impression|outputtype",
    re.IGNORECASE,
)
# These mean something on many sites; only a value that names a channel of distribution makes them tracking.
_CHANNEL_NAMES = {"ref", "source", "src", "from", "partner", "emc", "cmp", "via", "campaign", "feed"}
_CHANNEL = re.compile(r"(?:rss|feed|atom|newsletter|e?mail|twitter|facebook)(?:[_\-.\d].*)?", re.IGNORECASE)

_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_NEEDLESS_ESCAPE = re.compile(r"%(2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])", re.IGNORECASE)
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")


def url_key(url: str) -> str:
    """Return a key that is equal for addresses of the same page; for comparing only, never for a link.

    Scheme, `www.`, default port, fragment, tracking parameters, parameter order, a closing slash and the
    spelling of escapes (RFC 3986, 6.2.2) make no difference; every other parameter does.
    """
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return url.strip()
        host, port = _ascii_host(parts.hostname), parts.port
    except ValueError:
        return url.strip()
    host = host.removeprefix("www.") + (f":{port}" if port not in (None, 80, 443) else "")
    path = _INDEX.sub("/", _normal(parts.path)).rstrip("/")
    pairs = (pair for pair in _normal(parts.query).split("&") if pair and not _is_tracking(pair))
    query = "&".join(sorted(pairs))
    # Old web applications name a page by the fragment: "#!/story/1".
    route = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return f"{host}{path}{'?' if query else ''}{query}{route}"


def _ascii_host(host: str) -> str:
    host = host.rstrip(".").lower()
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _normal(text: str) -> str:
    """Return a path or query in its one normal spelling: escapes in upper case, and only where needed."""
    text = quote(text, safe="%/:?#[]@!$&'()*+,;=~", errors="replace")
    text = _NEEDLESS_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return _ESCAPE.sub(lambda match: match[0].upper(), text)


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    if name.lower() in _CHANNEL_NAMES:
        return bool(_CHANNEL.fullmatch(value))
    return bool(_TRACKING.fullmatch(name)) or pair.lower() in ("amp", "amp=", "amp=1", "amp=true")
