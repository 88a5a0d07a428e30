"""Domains as identities: written one way, and who is one organisation with whom.

There is no list of public suffixes here, so what cannot be known counts as foreign.
"""

from __future__ import annotations

import re
import unicodedata

DOMAIN_MAX = 253
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,60}")
_REGISTRY = frozenset(
    "ac ad co com ed edu ernet firm go gob gouv gov govt gr gub id info k12 lg ltd"
    " maori me mil name ne net nhs nic nom or org plc priv pro res sch school store web"
    " asso iwi tokyo osaka kyoto nagoya sapporo sendai yokohama kobe kawasaki".split()
)
"""Second levels below which countries register names."""
_DIRECT = frozenset("be ch cz de dk eu ie is li lu nl sk".split())
"""Countries that register names directly below their own, so `gmx.de` is a name."""
_SHARED = frozenset(
    "github.io gitlab.io blogspot.com wordpress.com dyndns.org no-ip.org herokuapp.com"
    " web.app firebaseapp.com azurewebsites.net cloudfront.net amazonaws.com"
    " netlify.app vercel.app pages.dev workers.dev ddns.net eu.org uk.com us.com"
    " de.com gb.net jpn.com com.de co.nl co.cz co.dk gov.ie".split()
)
"""Names below which anybody may have one."""
_PRIVATE = frozenset(
    "arpa corp home internal intranet lan local localdomain localhost private".split()
)


def ascii_domain(text: str) -> str:
    """A domain in lower case with A-labels (RFC 5890); `''` for what is none.

    No mapping is done: what a mapping would make of a name may be another's.
    """
    text = text.strip().rstrip(".").lower()
    if not text.isascii():
        text = _coded(text)
    if len(text) > DOMAIN_MAX or _DOMAIN.fullmatch(text) is None:
        return ""
    return text


def domain_of(address: str) -> str:
    """The domain of an address or of `@domain`, or a bare domain; `''` when unclear."""
    address = address.strip().removeprefix("<").removesuffix(">")
    if address.count("@") > 1:
        return ""
    return ascii_domain(address.rpartition("@")[2])


def aligned(domain: str, author: str) -> bool:
    """Whether `domain` may speak for `author` (RFC 7489 §3.1, relaxed); both ASCII."""
    if not domain or not author:
        return False
    if domain == author:
        return True
    if author.endswith("." + domain):
        return not _shared(domain)
    if domain.endswith("." + author):
        return not _shared(author)
    return organisation(domain) == organisation(author)


def organisation(domain: str) -> str:
    """The name that was registered, as far as its letters tell."""
    labels = domain.lower().rstrip(".").split(".")
    if len(labels) < 3:
        return ".".join(labels)
    tail = ".".join(labels[-2:])
    country = len(labels[-1]) == 2 and labels[-1] not in _DIRECT
    below = (country and len(labels[-2]) <= 3) or _shared(tail)
    return ".".join(labels[-3:]) if below else tail


def private(host: str) -> bool:
    """Whether a host's name is known only in a network of its own."""
    return "." not in host or host.rpartition(".")[2].lower() in _PRIVATE


def _shared(domain: str) -> bool:
    first, _, rest = domain.partition(".")
    country = len(rest) == 2 and rest not in _DIRECT
    return domain in _SHARED or (country and first in _REGISTRY)


def _coded(text: str) -> str:
    labels = unicodedata.normalize("NFC", text[:DOMAIN_MAX]).split(".")
    return ".".join(
        each if each.isascii() else "xn--" + each.encode("punycode").decode("ascii")
        for each in labels
    )
