"""Reports of mail servers and readers in one sentence, and their fields below it.

Delivery reports (RFC 3464, RFC 6533), notifications of reading (RFC 8098), complaints
(RFC 5965, RFC 6591). A report is only a mail: what it says anybody can have written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tuimail.mail.headers import raw_fields
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.status_codes import better_code, reason
from tuimail.mail.types import Line, RenderedText, SafeText, Span, Style
from tuimail.mail.words import FIELD_MAX, decode_words
from tuimail.mail.wrap import wrap

DELIVERY = ("message/delivery-status", "message/global-delivery-status")
READING = (
    "message/disposition-notification",
    "message/global-disposition-notification",
)
COMPLAINT = ("message/feedback-report",)
MEDIA_TYPES = (*DELIVERY, *READING, *COMPLAINT)
"""What `report_sentence` and `render_report` understand."""
REPORT_MAX = 256 * 1024
BLOCKS_MAX = 500
SHOWN_MAX = 5
"""Recipients that a sentence names."""
ADDRESS_MAX = 320
WORDS_MAX = 240
"""Characters of a server's own words in a sentence."""
LINES_MAX = 5000
_EMPTY = re.compile(rb"\n[ \t]*(?:\n[ \t]*)*\n")
_TYPE = re.compile(r"[ \t]*[A-Za-z0-9-]{1,40}[ \t]*;[ \t]*")
_REPLY = re.compile(r"[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3} )?")
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_OF_CLASS = {"5": "failed", "4": "delayed", "2": "delivered"}
_TOLD = {
    "failed": "Not delivered to {}",
    "delayed": "Not yet delivered to {}",
    "delivered": "Delivered to {}",
    "relayed": "Passed on to a server that sends no reports, for {}",
    "expanded": "Delivered to the list {} and passed on to its members",
}
_READ = {
    "displayed": "{} opened your message.",
    "deleted": "{} deleted your message; whether it was read is not known.",
    "dispatched": "Your message to {} was passed on without being shown.",
    "processed": "Your message to {} was processed without being shown.",
    "denied": "{} does not tell whether your message was read.",
    "failed": "Whether {} read your message could not be told.",
}
_COMPLAINTS = {
    "abuse": "A reader marked this as spam",
    "fraud": "A reader reported this as fraud",
    "virus": "A virus was reported in this",
    "not-spam": "A reader says that this is not spam",
    "opt-out": "A reader wants no more of this",
    "auth-failure": "This failed the checks of who sent it",
    "other": "A reader complained about this",
}
_LABELS = {
    "action": "What happened",
    "status": "Status",
    "final-recipient": "Recipient",
    "original-recipient": "Written to",
    "diagnostic-code": "Server's words",
    "remote-mta": "Said by",
    "reporting-mta": "Report by",
    "received-from-mta": "Came from",
    "arrival-date": "Came in",
    "last-attempt-date": "Last tried",
    "will-retry-until": "Tried until",
    "disposition": "What happened",
    "reporting-ua": "Report by",
    "original-message-id": "Message-ID",
    "feedback-type": "Kind",
    "source-ip": "Sent from",
    "original-mail-from": "Sender",
    "original-rcpt-to": "Recipient",
    "reported-domain": "Domain",
    "user-agent": "Report by",
}
_OF_RECIPIENT = {"final-recipient", "original-recipient", "action", "status"}

Block = list[tuple[str, str]]
"""Names in lower case and values, decoded; not safe yet."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of a message on its way to one address (RFC 3464 §2.3)."""

    address: str
    """As the sender wrote it, where the report tells; not safe yet."""
    action: str
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    code: str = ""
    """Enhanced status code, e.g. `5.2.2`."""
    words: str = ""
    """What the server said."""
    server: str = ""
    until: str = ""
    """How long a delayed message is tried again, as the report writes it."""


@dataclass(slots=True)
class _Report:
    message: Block = field(default_factory=list)
    recipients: list[Block] = field(default_factory=list)


def report_sentence(
    data: bytes, media_type: str = "message/delivery-status"
) -> SafeText | None:
    """What a report says; None when it does not say anything that is understood.

    `data` is the body of the part with its transfer encoding undone.
    """
    if media_type in DELIVERY:
        return delivery_sentence(recipients(data))
    blocks = _blocks(data)
    fields = dict(reversed([pair for block in blocks for pair in block]))
    if media_type in READING:
        return _reading(fields)
    return _complaint(fields) if media_type in COMPLAINT else None


def recipients(data: bytes) -> list[Recipient]:
    """What a delivery report says of each recipient, in order."""
    report = _sorted(_blocks(data))
    reporter = _untyped(dict(reversed(report.message)).get("reporting-mta", ""))
    found = [_recipient(block, reporter) for block in report.recipients]
    return list(dict.fromkeys(each for each in found if each))


def render_report(data: bytes, media_type: str, width: int) -> RenderedText:
    """The sentence as a heading, and below it all fields with readable names."""
    width = max(20, min(width, 500))
    lines: list[Line] = []
    sentence = report_sentence(data, media_type)
    if sentence:
        lines += [*wrap([Span(sentence, Style.HEADING)], width)]
    blocks = _blocks(data)
    for block in blocks:
        lines += [()] if lines else []
        for name, value in block:
            lines += _field_lines(name, value, width)
    if not blocks:
        text = data[:REPORT_MAX].decode("utf-8", "replace")
        for line in safe_block(text).split("\n")[:LINES_MAX]:
            lines += wrap([Span(SafeText(line))], width) if line else [()]
    cut = len(lines) > LINES_MAX or len(data) > REPORT_MAX
    notes = (SafeText("Only the beginning of this report is shown."),) if cut else ()
    return RenderedText(tuple(lines[:LINES_MAX]), notes=notes)


def delivery_sentence(found: Iterable[Recipient]) -> SafeText | None:
    """What became of a message: one recipient with the reason, or several in short."""
    all_ = list(found)
    if len(all_) == 1:
        return safe_text(_one(all_[0]))
    return safe_text(_several(all_), 2500) if all_ else None


# -- reading -----------------------------------------------------------------


def _blocks(data: bytes) -> list[Block]:
    """Groups of fields; what is no field is left out."""
    data = data[:REPORT_MAX].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    blocks: list[Block] = []
    for piece in _EMPTY.split(data, BLOCKS_MAX)[:BLOCKS_MAX]:
        block = [_pair(*each) for each in raw_fields(piece)]
        if block:
            blocks.append(block)
    return blocks


def _pair(name: bytes, value: bytes) -> tuple[str, str]:
    key = name.decode("ascii").lower()
    if key.endswith(("-recipient", "-rcpt-to")):
        # Encoded words have no place in an address: decoded, they would show another.
        text = value[:FIELD_MAX].decode("utf-8", "replace")
    else:
        text = decode_words(value)
    return key, " ".join(text.split())


def _sorted(blocks: list[Block]) -> _Report:
    """Fields of the message, and those of each recipient."""
    report = _Report()
    for block in blocks:
        if _OF_RECIPIENT.isdisjoint(name for name, _ in block):
            report.message += block
        else:
            report.recipients += _split(block)
    return report


def _split(block: Block) -> list[Block]:
    """Some programs forget the empty line between two recipients."""
    pieces: list[Block] = [[]]
    seen: set[str] = set()
    for name, value in block:
        if name in seen and name in ("final-recipient", "action"):
            pieces.append([])
            seen.clear()
        seen.add(name)
        pieces[-1].append((name, value))
    return pieces


def _recipient(block: Block, reporter: str) -> Recipient | None:
    fields = dict(reversed(block))
    get = fields.get
    address = ""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        address = address or _address(get(name, ""))
    diagnostic = get("diagnostic-code", "")
    code = better_code(get("status", ""), diagnostic)
    action = _action(get("action", ""), code)
    if not address or not action:
        return None
    server = _untyped(get("remote-mta", get("reporting-mta", ""))) or reporter
    words = _server_words(diagnostic)
    until = get("will-retry-until", "")
    return Recipient(address, action, code, words, server, until)


def _action(text: str, code: str) -> str:
    """The action; where it is none that RFC 3464 knows, what the code means."""
    word = text.lower().partition(" ")[0].strip(".;,")
    word = "failed" if word == "expired" else word
    return word if word in _ACTIONS else _OF_CLASS.get(code[:1], "")


def _address(value: str) -> str:
    """An address without its type (`rfc822;`); `''` when it is none."""
    text = _untyped(value).strip().strip("<>").strip()
    return "" if len(text) > ADDRESS_MAX or " " in text or text[:1] == "@" else text


def _untyped(value: str) -> str:
    found = _TYPE.match(value)
    return value[found.end() :].strip() if found else value.strip()


def _server_words(diagnostic: str) -> str:
    """A server's reply on one line, without the numbers that repeat on each line."""
    text = _untyped(diagnostic)
    reply = _REPLY.match(text)
    if reply is not None:
        code = reply[0].replace("-", " ", 1)
        rest = text[reply.end() :]
        for again in (reply[0], code):
            rest = rest.replace(" " + again, " ")
        text = code + rest
    return text


# -- sentences ---------------------------------------------------------------


def _one(one: Recipient) -> str:
    text = _TOLD[one.action].format(safe_text(one.address, ADDRESS_MAX))
    why = _why(one)
    if one.action not in ("failed", "delayed"):
        return text + "."
    if one.action == "delayed" and one.until:
        text += f" (it will be tried until {safe_text(one.until, 60)})"
    text += f": {why}" if why else ""
    return text + (_words_of(one) if one.words else ".")


def _words_of(one: Recipient) -> str:
    words = safe_text(one.words, WORDS_MAX)
    server = safe_text(one.server.partition(" ")[0], 255)
    return f", said by {server}: {words}" if server else f": {words}"


def _why(one: Recipient) -> str:
    words = reason(one.code)
    if words:
        return f"{words} ({one.code})"
    return "" if one.code.endswith(".0.0") else one.code


def _several(all_: list[Recipient]) -> str:
    sentences = []
    room = SHOWN_MAX
    for action in _ACTIONS:
        of_action = [each for each in all_ if each.action == action]
        if not of_action:
            continue
        shown = [_short(each) for each in of_action[:room]]
        room -= len(shown)
        more = len(of_action) - len(shown)
        if more:
            shown.append(f"and {more} more" if shown else f"{more} more")
        sentences.append(_TOLD[action].format(", ".join(shown)) + ".")
    return " ".join(sentences)


def _short(one: Recipient) -> str:
    address = safe_text(one.address, ADDRESS_MAX)
    failed = one.action in ("failed", "delayed")
    words = reason(one.code) if failed else ""
    return f"{address} ({words})" if words else str(address)


def _reading(fields: dict[str, str]) -> SafeText | None:
    mode, _, kind = fields.get("disposition", "").rpartition(";")
    kind = kind.strip().lower().partition("/")[0].strip()
    told = _READ.get(kind)
    if told is None:
        return None
    who = _address(fields.get("original-recipient", ""))
    who = who or _address(fields.get("final-recipient", ""))
    text = told.format(safe_text(who, ADDRESS_MAX) if who else "the recipient")
    by_itself = "automatic-action" in mode.lower()
    text += " A program did so by itself." if by_itself and kind == "deleted" else ""
    return safe_text(text[:1].upper() + text[1:] if not who else text)


def _complaint(fields: dict[str, str]) -> SafeText | None:
    kind = fields.get("feedback-type", "").lower()
    if not kind:
        return None
    text = _COMPLAINTS.get(kind, _COMPLAINTS["other"])
    failed = fields.get("auth-failure", "") if kind == "auth-failure" else ""
    text += f" ({safe_text(failed, 40)})" if failed else ""
    who = _address(fields.get("original-rcpt-to", ""))
    text += f"; it was sent to {safe_text(who, ADDRESS_MAX)}" if who else ""
    return safe_text(text + ".")


# -- fields ------------------------------------------------------------------


def _field_lines(name: str, value: str, width: int) -> list[Line]:
    label = _LABELS.get(name, name.capitalize())
    typed = name.endswith(("-recipient", "-mta")) or name == "diagnostic-code"
    text = safe_text(_untyped(value) if typed else value, 4000)
    spans = [Span(safe_text(f"{label}: ", 210), Style.EMPHASIS), Span(text)]
    return wrap(spans, width)
