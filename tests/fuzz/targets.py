"""What is fuzzed: one function for each decoder, given octets.

None of them may raise, and what they give for the screen is safe to be drawn.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

from tests.corpora.ours import Message
from tests.corpora.sweep import text_faults
from tuimail.mail import authentication, bounces, boxes, lists, mbox, sealed, urls
from tuimail.mail.addresses import parse_addresses, parse_senders
from tuimail.mail.bare_text import bare_text
from tuimail.mail.body import render
from tuimail.mail.charset import decode_charset
from tuimail.mail.dates import parse_date
from tuimail.mail.first_line import LENGTH, first_line
from tuimail.mail.headers import (
    parse_envelope,
    raw_fields,
    sender_badges,
    sender_display,
)
from tuimail.mail.reading import blocks
from tuimail.mail.reports import report_sentence
from tuimail.mail.sanitize import is_safe, safe_text
from tuimail.mail.sections import section_of
from tuimail.mail.structure import leaves
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import Part, Section
from tuimail.mail.webpage import private_page
from tuimail.mail.words import decode_words, parse_params
from tuimail.net import imap_parse, pop3_values

WIDTH = 78
MBOX_MAX = 1 << 20


class Fault(Exception):
    """Something unsafe came out."""


def _safe(*texts: str) -> None:
    for text in texts:
        if not is_safe(text):
            raise Fault(repr(text))


def _shown(data: bytes, media_type: str, *params: tuple[str, str]) -> None:
    part = Part(Section("1"), media_type, params, encoding="8bit")
    if faults := text_faults(render(data, part, WIDTH)):
        raise Fault(faults[0])


def _envelope(data: bytes) -> None:
    envelope = parse_envelope(data)
    name, addr, suspect = sender_display(envelope)
    _safe(name, addr, safe_text(envelope.subject), *sender_badges(envelope))
    if not addr and not suspect and not sender_badges(envelope):
        raise Fault("nobody, and no word of it")


def _addresses(data: bytes) -> None:
    for each in (*parse_addresses(data), *parse_senders(data)):
        _safe(safe_text(each.name), safe_text(each.addr))


def _words(data: bytes) -> None:
    decode_words(data)
    parse_params(data)
    parse_date(data)


def _structure(data: bytes) -> None:
    message = Message(data)
    for prefer in ("plain", "html"):
        blocks(message.tree, prefer)
    for leaf in leaves(message.tree)[:20]:
        sealed.sealed(leaf)
        if section_of(data, leaf.section) is None:
            raise Fault(f"no part {leaf.section}")
        message.octets(leaf)


def _charsets(data: bytes) -> None:
    label, _, rest = data.partition(b"\n")
    name = label.decode("latin-1")
    decode_charset(rest, name, utf7=True)
    decode_transfer(rest, name)


def _fields(data: bytes) -> None:
    fields = raw_fields(data)
    found = lists.mailing_list(fields)
    _safe(found.name, found.id)
    authentication.results(fields, "mx.example.net", "example.org")
    authentication.candidate(fields)
    authentication.read_instance(data)


def _reports(data: bytes) -> None:
    for kind in ("delivery-status", "disposition-notification", "feedback-report"):
        _shown(data, f"message/{kind}")
        _safe(report_sentence(data, f"message/{kind}") or "")
    _safe(bounces.bounce_sentence(data.decode("utf-8", "replace")) or "")


def _sealed(data: bytes) -> None:
    sealed.inline(data)
    sealed.around(data)
    head, _, body = data.partition(b"\r\n\r\n")
    sealed.signed_octets(head, body)


def _boxes(data: bytes) -> None:
    boxes.has_uu(data)
    boxes.unbox_uu(data)


def _tnef(data: bytes) -> None:
    # The child that runs it takes any end for an answer.
    boxes.unbox_tnef(data)


def _first_line(data: bytes) -> None:
    for kind in ("text/plain", "text/html"):
        part = Part(Section("1"), kind, (("charset", "utf-8"),), encoding="8bit")
        line = first_line(bare_text(data, part))
        _safe(line)
        if len(line) > LENGTH or "\n" in line:
            raise Fault(repr(line))


def _links(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = urls.address(text)
    _safe(safe_text(found.url), safe_text(found.host))
    private_page(text)


def _mbox(data: bytes) -> None:
    for _ in mbox.read(io.BytesIO(data), MBOX_MAX):
        pass


def _imap(data: bytes) -> None:
    imap_parse.parse_fetch(data)
    imap_parse.parse_status(data)
    imap_parse.parse_list(data)
    imap_parse.flag_set(data)
    for read in (imap_parse.parse_search, imap_parse.parse_count):
        with suppress(ValueError):  # said so: "nothing found" would be a lie
            read(data)
    imap_parse.parse_vanished(data)
    pop3_values.read_stat(data)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelope": _envelope,
    "addresses": _addresses,
    "words": _words,
    "structure": _structure,
    "charsets": _charsets,
    "fields": _fields,
    "plain": lambda data: _shown(data, "text/plain", ("format", "flowed")),
    "html": lambda data: _shown(data, "text/html", ("charset", "utf-8")),
    "calendar": lambda data: _shown(data, "text/calendar"),
    "vcard": lambda data: _shown(data, "text/vcard"),
    "reports": _reports,
    "sealed": _sealed,
    "boxes": _boxes,
    "first-line": _first_line,
    "links": _links,
    "mbox": _mbox,
    "imap": _imap,
}
"""By name."""
