"""Who sent it, and what speaks against it: for list rows and the header pane."""

from __future__ import annotations

import re
import unicodedata

from tuimail.mail.addresses import name_lies
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Address, Envelope, SafeText

_WESTERN = re.compile("[ -\u024f]*")
NAME_MAX = 200
ADDR_SHOWN = 320
_LATIN_LOOKALIKES = frozenset("асԁеһіјӏорԛѕԝхуѵАВСЕНІЈКМОРЅТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧονι")
"""Cyrillic and Greek letters that no eye tells from Latin ones."""
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)
"""Scripts that one word may mix (UTS 39, "highly restrictive")."""


def sender_display(envelope: Envelope) -> tuple[SafeText, SafeText, bool]:
    """Name to show in a row, the real address, and whether something is odd.

    A name that shows another address is not shown first: the address is.
    """
    if not envelope.from_:
        return SafeText("(nobody)"), SafeText(""), True
    first = envelope.from_[0]
    addr = safe_text(first.addr, ADDR_SHOWN)
    name = _name(first)
    odd = first.suspect or len(envelope.from_) > 1
    odd = odd or mixed_script(_domain(first))
    if not name:
        return addr or SafeText("(nobody)"), addr, odd or not addr
    if addr and _poses(name, first):
        return safe_text(f"{addr} ({name})", ADDR_SHOWN + NAME_MAX), addr, True
    return name, addr, odd


def sender_badges(envelope: Envelope) -> tuple[SafeText, ...]:
    """What should make one doubt who sent this, one sentence each."""
    badges: list[str] = []
    if not envelope.from_:
        badges.append("This mail does not say who sent it.")
    if len(envelope.from_) > 1:
        badges.append(f"This mail names {len(envelope.from_)} senders.")
    for address in envelope.from_[:3]:
        badges += _doubts(address)
    badges += _detours(envelope)
    return tuple(dict.fromkeys(safe_text(each, 700) for each in badges))


def _detours(envelope: Envelope) -> list[str]:
    """Where it came from and where answers go, as far as that is somewhere else.

    That a mailing list sends its mail and has the answers is no doubt: both stand in
    the header pane, beside the list.
    """
    domain = _domain(envelope.from_[0]) if envelope.from_ else ""
    if not domain:
        return []
    said: list[str] = []
    for reply in envelope.reply_to[:3]:
        elsewhere = _domain(reply) and not _related(_domain(reply), domain)
        if elsewhere and not _is_list(reply, envelope):
            said.append(f"Replies go to another domain: {reply.addr[:ADDR_SHOWN]}.")
            break
    for sender in envelope.sender[:1]:
        elsewhere = _domain(sender) and not _related(_domain(sender), domain)
        if elsewhere and not _related(_list_domain(envelope), _domain(sender)):
            shown = sender.addr[:ADDR_SHOWN]
            said.append(f"It was sent by {shown} on behalf of the sender.")
    return said


def _is_list(reply: Address, envelope: Envelope) -> bool:
    """Whether an address is that of the list the mail came by.

    Its List-Id (RFC 2919 §2) says so, and the mail was sent to it: anybody can write a
    List-Id, but then it says whom else it was sent to.
    """
    addressed = {each.addr.lower() for each in (*envelope.to, *envelope.cc)}
    return reply.addr.lower() in addressed and _related(
        _list_domain(envelope), _domain(reply)
    )


def _list_domain(envelope: Envelope) -> str:
    """What a List-Id has in its brackets; `''` without one."""
    inside = envelope.list_id.rpartition("<")[2].partition(">")[0]
    return inside.strip().lower() if "." in inside else ""


def mixed_script(domain: str) -> bool:
    """Whether a domain, in letters or as `xn--…`, is written to be taken for another.

    True when a label mixes scripts that no language mixes, or has nothing but letters
    that look Latin and are not, below a top level that is Latin.
    """
    if domain.isascii() and "xn--" not in domain:
        return False
    labels = [_shown(label) for label in domain.split(".")[:20]]
    latin = labels[-1].isascii()
    return any(_mixed(each) or (latin and _lookalike(each)) for each in labels)


def _name(address: Address) -> SafeText:
    """The display name on one line, without the blanks that push an address away."""
    name = safe_text(address.name, 4000)
    if "  " in name or name[:1] == " ":
        # A mark that stood on a blank must not land on what stands before the name.
        name = safe_text(_without_marks(" ".join(name.split())), 4000)
    return name if len(name) <= NAME_MAX else safe_text(name, NAME_MAX)


def _without_marks(name: str) -> str:
    """A name from its first character on that is not put on another."""
    at = 0
    while at < len(name) and (
        name[at] == " " or unicodedata.category(name[at])[0] == "M"
    ):
        at += 1
    return name[at:]


def _poses(name: str, address: Address) -> bool:
    """Whether a name could be taken for an address or a place on the web."""
    if "@" in name or "<" in name or "://" in name:
        return name_lies(name, address.addr) or "<" in name or "://" in name
    if _WESTERN.fullmatch(name):
        return False
    lies = name_lies(address.name, address.addr)
    return lies or any(map(_mixed, name.split(" ")[:20]))


def _doubts(address: Address) -> list[str]:
    addr = safe_text(address.addr, ADDR_SHOWN)
    name = _name(address)
    doubts = []
    if addr and (name_lies(address.name, address.addr) or (name and "<" in name)):
        doubts.append(f"The name shows {name}, but the mail is from {addr}.")
    elif addr and name and _poses(name, address):
        doubts.append(f"The name {name} is not what it looks like; it is from {addr}.")
    elif address.suspect:
        doubts.append("The sender's address is not written as it should be.")
    if mixed_script(_domain(address)):
        doubts.append(f"The domain's letters are not what they look like: {addr}.")
    elif "xn--" in address.addr.lower():
        doubts.append(f"The domain is not written in Latin letters: {addr}.")
    return doubts


def _domain(address: Address) -> str:
    return address.addr.rpartition("@")[2].lower()


def _related(a: str, b: str) -> bool:
    """Same domain, or one below the other, or both below the same two labels."""
    if a == b or a.endswith("." + b) or b.endswith("." + a):
        return True
    tail = a.split(".")[-2:]
    # `co.uk` and its like are nobody's domain.
    return tail == b.split(".")[-2:] and len(tail[0]) > 3


def _shown(label: str) -> str:
    """A label in letters (RFC 5891); as it stands when it is no IDN."""
    if label[:4].lower() != "xn--" or len(label) > 63:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def _mixed(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {_script(c) for c in word[:100] if c.isalpha()} - {""}
    return len(scripts) > 1 and not any(scripts <= group for group in _TOGETHER)


def _lookalike(word: str) -> bool:
    letters = [c for c in word[:100] if c.isalpha()]
    return len(letters) > 1 and all(c in _LATIN_LOOKALIKES for c in letters)


def _script(letter: str) -> str:
    if letter.isascii():
        return "LATIN"
    name = unicodedata.name(letter, "")
    first = name.replace("-", " ").replace("FULLWIDTH ", "").partition(" ")[0]
    return "" if first in ("MODIFIER", "HALFWIDTH", "IDEOGRAPHIC", "MICRO") else first
