"""What a mailing list says of itself: its name, its archive, and how to leave it.

RFC 2369 (List-Post, List-Unsubscribe …), RFC 2919 (List-Id), RFC 5064 (Archived-At),
RFC 8058 (leaving by one request). Anybody can write these fields, so nothing here is
ever followed by itself: an https target is for a POST that the user confirms with the
host before the eyes, a mailto target for a draft.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from tuimail.mail.domains import ascii_domain, private
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.mail.words import decode_words, unfold

URL_MAX = 2000
URLS_MAX = 20
"""Targets of one field that are looked at."""
SUBJECT_MAX = 300
BODY_MAX = 2000
SIGNATURES_MAX = 20
NAME_MAX = 200
ONE_CLICK = b"List-Unsubscribe=One-Click"
_FIELDS = frozenset(
    b"list-id list-post list-archive archived-at list-help list-unsubscribe"
    b" list-unsubscribe-post dkim-signature".split()
)
_TARGET = re.compile(r"<([^<>]*)>")
_COMMENT = re.compile(r"\([^()<>]*\)")
_LIST_ID = re.compile(r"<([^<>\s]{1,255})>[^<>]*$")
_BARE_ID = re.compile(r"[\w-]+(?:\.[\w-]+){1,60}")
_BLANK = re.compile(r"\s+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}")
"""Longer than RFC 5321 allows: lists put much into the address to leave by."""
_URL = re.compile(r"[!#-;=?-\[\]_a-z~]+")
"""RFC 3986 has no others; who writes a quote or a backslash tries something."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Mailto(NamedTuple):
    """A message that a list wants to be sent; for a draft, never sent by itself."""

    address: str
    subject: str = ""
    """Without controls and line ends."""
    body: str = ""
    """Lines end with `\\n`; no other controls."""


class MailingList(NamedTuple):
    """What the fields of one message say; empty for what they do not."""

    name: SafeText = SafeText("")
    """As the list calls itself, else its id."""
    id: SafeText = SafeText("")
    """List-Id without brackets, in lower case (RFC 2919: case does not matter)."""
    post: str = ""
    """Where to write to the list; `''` also when nobody may."""
    archive: str = ""
    """http or https address of the archive."""
    archived_at: str = ""
    """http or https address of this very message."""
    help: Mailto | None = None
    unsubscribe_https: str = ""
    host: str = ""
    """Host of `unsubscribe_https`, to be shown before anything is sent there."""
    one_click: bool = False
    """Whether a POST to `unsubscribe_https` is all that is needed (RFC 8058 §3.1)."""
    unsubscribe_mailto: Mailto | None = None
    signers: tuple[str, ...] = ()
    """Domains whose DKIM signatures cover both unsubscribe fields (RFC 8058 §4).
    Whether such a signature is good is for `authentication` to say."""

    @property
    def signed(self) -> bool:
        """Whether any signature covers both unsubscribe fields."""
        return bool(self.signers)

    def __bool__(self) -> bool:
        return self != MailingList()


def mailing_list(fields: Iterable[tuple[bytes, bytes]]) -> MailingList:
    """What the header fields (name and raw value) say about a list; never raises."""
    found: dict[bytes, list[bytes]] = {}
    for field, value in fields:
        key = field.lower()
        if key in _FIELDS:
            found.setdefault(key, []).append(value)

    def targets(name: bytes) -> list[str]:
        return _targets(found.get(name, [b""])[0])

    name, identity = _names(found.get(b"list-id", [b""])[0])
    post = _first_mailto(targets(b"list-post"))
    leave = targets(b"list-unsubscribe")
    https = next((each for each in leave if _host(each, posting=True)), "")
    said = found.get(b"list-unsubscribe-post", [])
    once = len(said) == 1 == len(found.get(b"list-unsubscribe", []))
    return MailingList(
        name,
        identity,
        post.address if post else "",
        _page(targets(b"list-archive")),
        _page(targets(b"archived-at")),
        _first_mailto(targets(b"list-help")),
        https,
        _host(https, posting=True),
        bool(https) and once and unfold(said[0]) == ONE_CLICK,
        _first_mailto(leave),
        _signers(found.get(b"dkim-signature", [])),
    )


# -- names -------------------------------------------------------------------


def _names(raw: bytes) -> tuple[SafeText, SafeText]:
    """Name and id of a List-Id field (RFC 2919 §2)."""
    text = unfold(raw)[:4000].decode("utf-8", "replace").strip()
    found = _LIST_ID.search(text)
    if found is None:
        bare = _BARE_ID.fullmatch(text) if len(text) <= 255 else None
        identity = safe_text(text.lower()) if bare else SafeText("")
        return identity, identity
    identity = safe_text(found[1].lower(), 255)
    shown = decode_words(text[: found.start()].encode()).strip().strip('"')
    shown = shown.replace('\\"', '"')
    name = safe_text(" ".join(shown.split()), NAME_MAX).strip()
    return SafeText(name) if name else identity, identity


def _signers(signatures: list[bytes]) -> tuple[str, ...]:
    found: list[str] = []
    for raw in signatures[:SIGNATURES_MAX]:
        tags: dict[str, str] = {}
        for tag in unfold(raw).decode("utf-8", "replace").split(";"):
            name, _, value = tag.partition("=")
            tags.setdefault(name.strip(), _BLANK.sub("", value))
        covered = set(tags.get("h", "").lower().split(":"))
        domain = ascii_domain(tags.get("d", ""))
        if domain and {"list-unsubscribe", "list-unsubscribe-post"} <= covered:
            found.append(domain)
    return tuple(dict.fromkeys(found))


# -- targets -----------------------------------------------------------------


def _targets(raw: bytes) -> list[str]:
    """What stands in angle brackets, in order; blanks in it are folding (RFC 2369 §2).

    Some lists leave the brackets away.
    """
    text = unfold(raw).decode("utf-8", "replace")
    found = [_BLANK.sub("", each) for each in _TARGET.findall(text)]
    if not found and "<" not in text:
        found = [_COMMENT.sub("", text).strip()]
    return [each for each in found[:URLS_MAX] if 0 < len(each) <= URL_MAX]


def _page(targets: list[str]) -> str:
    """The first page that can be opened, one by https before others."""
    pages = [each for each in targets if _host(each)]
    secure = [each for each in pages if each[:6].lower() == "https:"]
    return next(iter(secure + pages), "")


def _host(url: str, *, posting: bool = False) -> str:
    """The host of an http or https target; `''` for what must not be followed.

    For `posting` it is https, at its usual port, and no host of one's own network.
    """
    parts = _split(url)
    if parts is None or parts.username is not None or parts.password is not None:
        return ""
    host = (parts.hostname or "").rstrip(".")
    try:
        port = parts.port
    except ValueError:
        return ""
    if posting and (parts.scheme != "https" or port not in (None, 443)):
        return ""
    return "" if posting and not _public(host) else host


def _split(url: str) -> SplitResult | None:
    if not url.isascii() or _URL.fullmatch(url.lower()) is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("https", "http") else None


def _public(host: str) -> bool:
    """Whether a host has a name that everybody knows it by."""
    if not ascii_domain(host) or private(host):
        return False
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        # What ends in a number is an IPv4 address to browsers, however it is written.
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _first_mailto(targets: list[str]) -> Mailto | None:
    return next((found for each in targets if (found := _mailto(each))), None)


def _mailto(target: str) -> Mailto | None:
    """Address, subject and body of a mailto target (RFC 6068); all else is dropped."""
    scheme, _, rest = target.partition(":")
    if scheme.lower() != "mailto":
        return None
    path, _, query = rest.partition("?")
    address = _address(unquote(path))
    if not address:
        return None
    asked: dict[str, str] = {}
    for pair in query.replace("&amp;", "&").split("&", 20)[:20]:
        name, _, value = pair.partition("=")
        asked.setdefault(unquote(name).lower(), unquote(value))
    subject = _plain(asked.get("subject", "")[:SUBJECT_MAX].replace("\n", " "))
    body = asked.get("body", "")[:BODY_MAX].replace("\r\n", "\n").replace("\r", "\n")
    return Mailto(address, subject, "\n".join(map(_plain, body.split("\n"))))


def _address(text: str) -> str:
    """One plain address; `''` for several, or for what hides anything."""
    local, at, domain = text.partition("@")
    if not at or _LOCAL.fullmatch(local) is None or "=?" in local:
        return ""
    name = ascii_domain(domain) if domain.strip() == domain else ""
    return f"{local}@{name}" if name else ""


def _plain(line: str) -> str:
    """Without controls, line ends of other kinds, and what turns the direction."""
    return "".join(c for c in line if unicodedata.category(c) not in _UNWANTED)


_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
