"""Enhanced mail system status codes in plain words (RFC 3463 and its registry)."""

from __future__ import annotations

import re

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?:smtp; ?)?\d{3}[ -]\d\.\d{1,3}\.\d", re.I)
_WORDS = {
    "1.0": "something is wrong with the address",
    "1.1": "no such address",
    "1.2": "no such domain",
    "1.3": "malformed address",
    "1.4": "the address means several people",
    "1.6": "the recipient has moved",
    "1.7": "malformed sender address",
    "1.8": "the sender's domain is not accepted",
    "1.9": "passed on to a server that sends no reports",
    "1.10": "the address takes no mail",
    "2.0": "something is wrong with the mailbox",
    "2.1": "the mailbox is disabled",
    "2.2": "mailbox full",
    "2.3": "message too long for this mailbox",
    "2.4": "the mailing list cannot be expanded",
    "3.0": "trouble in the mail system",
    "3.1": "the mail system's disk is full",
    "3.2": "the mail system takes no mail at present",
    "3.3": "the mail system lacks a feature",
    "3.4": "message too big",
    "3.5": "the mail system is set up wrongly",
    "4.0": "trouble on the way",
    "4.1": "no answer from the recipient's server",
    "4.2": "the connection broke",
    "4.3": "a directory server failed",
    "4.4": "the recipient's server cannot be found",
    "4.5": "too much mail at once",
    "4.6": "the mail goes in circles",
    "4.7": "it took too long",
    "5.0": "the servers did not understand each other",
    "5.1": "the servers did not understand each other",
    "5.2": "the servers did not understand each other",
    "5.3": "too many recipients",
    "5.4": "the servers did not understand each other",
    "6.0": "something is wrong with the content",
    "6.1": "this kind of content is not taken",
    "6.2": "the content cannot be converted",
    "6.3": "the content cannot be converted",
    "6.5": "the content cannot be converted",
    "6.7": "addresses beyond ASCII are not taken",
    "6.9": "addresses beyond ASCII are not taken",
    "7.0": "refused for security reasons",
    "7.1": "refused by policy",
    "7.2": "the sender may not write to this list",
    "7.8": "wrong user name or password",
    "7.9": "refused for security reasons",
    "7.13": "the account is disabled",
    "7.17": "the mailbox has a new owner",
    "7.20": "no DKIM signature that passes",
    "7.21": "no DKIM signature that is accepted",
    "7.22": "no DKIM signature of the sender's domain",
    "7.23": "SPF failed",
    "7.24": "SPF could not be checked",
    "7.25": "the sending server has no proper name",
    "7.26": "the sender could not be authenticated",
    "7.27": "the sender's domain takes no mail",
    "7.28": "too many messages",
    "7.30": "no server of the recipient encrypts",
}


def find_code(text: str) -> str:
    """The first enhanced status code in a text, as `5.1.1`; `''` without one.

    What has four numbers is an IP address and no code.
    """
    found = _CODE.search(text[:2000])
    return found[0] if found else ""


def reason(code: str) -> str:
    """What a code means; `''` for those that mean nothing, such as `5.0.0`."""
    detail = code.partition(".")[2]
    return _WORDS.get(detail) or _WORDS.get(detail.partition(".")[0] + ".0", "")


def better_code(status: str, diagnostic: str) -> str:
    """The code that tells more: that of the field, or one that the server wrote.

    What a reply begins with counts most: some programs write a Status of their own.
    """
    code, other = find_code(status), find_code(diagnostic)
    if not code or not other or code[0] != other[0]:
        return code or other
    begins = _REPLY.match(diagnostic) is not None
    vague = code.endswith(".0") or begins
    return other if vague and not other.endswith(".0") else code
