"""Bounces that are only text: a few well-known shapes, and nothing when in doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuimail.mail.reports import Recipient, delivery_sentence
from tuimail.mail.status_codes import find_code
from tuimail.mail.types import SafeText

TEXT_MAX = 32 * 1024
LINE_MAX = 1000
FIRST_LINES = 25
"""Lines within which a bounce says that it is one."""
RECIPIENTS_MAX = 500
_ADDRESS = r"([^\s<>@:,;\"]{1,64}@[^\s<>@:,;\"]{1,255})"
_QMAIL = re.compile(
    r"hi\. this is the .{0,80}(?:send program|deliver.{0,20}) at ", re.I
)
_POSTFIX = re.compile(r"this is the .{0,40}(?:mail system|program) at host ", re.I)
_EXIM = re.compile(r"a message that you (?:have )?sent ", re.I)
_DRAGONFLY = re.compile(r"this is the dragonfly mail agent .{0,40} at (\S+)\.$", re.I)
_TO = re.compile(rf"there was an error delivering your mail to <{_ADDRESS}>\.", re.I)
_OPENSMTPD = re.compile(r" *this is the mailer-daemon, please do not reply", re.I)
_COLON = re.compile(rf"{_ADDRESS}: (.*)")
_SENDMAIL = re.compile(r" *-+ the following addresses had (\w+) ", re.I)
_END = re.compile(r"-{2,}.*|_{5,}.*")
"""Where the text ends and the message that came back begins."""
_FIXED = re.compile(rf"<{_ADDRESS}>:?(?:\s(.*))?")
_INDENTED = re.compile(rf" {{2,4}}{_ADDRESS}(?: \(.*\))?:?")


def bounce_sentence(text: str) -> SafeText | None:
    """What a bounce without a delivery report says; None when it is not plain.

    Knows the words of qmail, Postfix, Exim, Sendmail, OpenSMTPD and DragonFly. `text`
    is the decoded text.
    """
    return delivery_sentence(bounced(text))


def bounced(text: str) -> list[Recipient]:
    """The recipients that a bounce's text names, each with what its server said."""
    lines = [line.rstrip()[:LINE_MAX] for line in text[:TEXT_MAX].splitlines()]
    for at, line in enumerate(lines[:FIRST_LINES]):
        rest = lines[at + 1 :]
        if _QMAIL.match(line):
            return _qmail(line, rest)
        if _POSTFIX.match(line):
            return _postfix(rest)
        if _EXIM.match(line):
            return _exim(line, rest)
        if _OPENSMTPD.match(line):
            return _opensmtpd(rest)
        found = _DRAGONFLY.match(line)
        if found:
            return _dragonfly(found[1], rest)
        found = _SENDMAIL.match(line)
        if found:
            return _sendmail(found[1].lower(), rest)
    return []


def _qmail(first: str, lines: list[str]) -> list[Recipient]:
    host = first.rpartition(" at ")[2].rstrip(". ")
    server = host if " " not in host else ""
    said = " ".join(lines[:4]).lower()
    if "wasn't able to deliver" not in said and "unable to deliver" not in said:
        return []
    return _named(lines, "failed", server)


def _postfix(lines: list[str]) -> list[Recipient]:
    said = " ".join(" ".join(lines[:12]).lower().split())
    if re.search("could not be delivered to one or more (recipients|dest)", said):
        return _named(lines, "failed", "")
    if "could not be delivered for more than" in said:
        return _named(lines, "delayed", "")
    return []


def _exim(first: str, lines: list[str]) -> list[Recipient]:
    said = " ".join([first, *lines[:4]]).lower()
    failed = "could not be delivered" in said
    delayed = not failed and "has not yet been delivered" in said
    colon = next((i for i, line in enumerate(lines[:8]) if line.endswith(":")), -1)
    if colon < 0 or not (failed or delayed):
        return []
    action = "failed" if failed else "delayed"
    return [
        _made(address, action, words, "")
        for address, words in _entries(lines[colon + 1 :], _INDENTED)
    ]


def _dragonfly(server: str, lines: list[str]) -> list[Recipient]:
    """One recipient, and the reply below it up to the headers of the message."""
    for at, line in enumerate(lines[:5]):
        found = _TO.match(line)
        if found is None:
            continue
        words: list[str] = []
        for each in lines[at + 1 :]:
            if each.startswith(("Message headers follow", "Original message follows")):
                return [_made(found[1], "failed", words, server)]
            words.append(each)
    return []


def _opensmtpd(lines: list[str]) -> list[Recipient]:
    said = " ".join(" ".join(lines[:8]).lower().split())
    failed = "an error has occurred while attempting to deliver a message" in said
    if not failed and "a message is delayed for more than" not in said:
        return []
    action = "failed" if failed else "delayed"
    return [
        _made(address, action, words, "") for address, words in _entries(lines, _COLON)
    ]


def _sendmail(kind: str, lines: list[str]) -> list[Recipient]:
    action = {"permanent": "failed", "transient": "delayed"}.get(kind)
    if action is None:
        return []
    return _named(lines, action, "")


def _named(lines: list[str], action: str, server: str) -> list[Recipient]:
    return [
        _made(address, action, words, server)
        for address, words in _entries(lines, _FIXED)
    ]


def _entries(
    lines: list[str], beginning: re.Pattern[str]
) -> Iterator[tuple[str, list[str]]]:
    """Each address and the lines below it, up to an empty line or the next one."""
    address = ""
    words: list[str] = []
    count = 0
    for line in [*lines, "--"]:
        found = beginning.fullmatch(line)
        ended = not line or found is not None or _END.fullmatch(line.strip())
        if address and ended:
            yield address, words
            address, words, count = "", [], count + 1
        if count >= RECIPIENTS_MAX or (line and ended and found is None):
            return
        if found is not None:
            address = found[1]
            words = [found[2]] if found.lastindex == 2 else []
        elif address:
            words.append(line.strip())


def _made(address: str, action: str, words: list[str], server: str) -> Recipient:
    said = " ".join(" ".join(words).split())
    if said.startswith("(") and said.endswith(")"):
        said = said[1:-1].removeprefix("reason: ")
    return Recipient(address, action, find_code(said), said, server)
