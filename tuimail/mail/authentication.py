"""What a server of trust found out about the sender (RFC 8601).

Anybody can write an Authentication-Results field into a mail. So only fields count that
bear the name of a server the user trusts and that no other organisation's server passed
on, and what is not written as it should be counts for nothing.

A server has to remove fields with its own name from what it takes in (RFC 8601 §5). For
those that do not: of two fields that speak of one method the upper one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tuimail.mail.domains import (
    aligned,
    domain_of,
    organisation,
    private,
)
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.mail.words import unfold

Fields = Iterable[tuple[bytes, bytes]]
METHODS = ("dmarc", "dkim", "spf", "arc")
INSTANCES_MAX = 50
"""Fields of one message that are read."""
RESULTS_MAX = 100
_WORSE = ("fail", "softfail", "permerror", "temperror", "policy", "neutral", "none")
_RESULTS = {"pass": "pass", "hardfail": "fail", **{each: each for each in _WORSE}}
"""Results that are known (RFC 8601 §2.7); `hardfail` is how RFC 5451 called it."""
_DOMAIN_IN = {
    "dmarc": ("header.from",),
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mail", "smtp.mfrom", "smtp.helo"),
    "arc": ("header.d",),
}
"""Where a method says what domain it is about, the better place first."""
_TOKEN = re.compile(r'[ \t]+|"((?>(?:[^"\\]+|\\.)*))"|[();=]|[^\s()";=]+', re.S)
_IN_COMMENT = re.compile(r"[^()\\]+|\\.?|[()]", re.S)
_PAIR = re.compile(r"\\(.)", re.S)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?")
_LITERAL = re.compile(r"\[.*\]|[0-9.]+|[0-9a-f]{0,4}:[0-9a-f:.]*")
_SHOWN = {"dmarc": "DMARC", "dkim": "DKIM", "spf": "SPF", "arc": "ARC"}


class Result(NamedTuple):
    """What one method said."""

    method: str
    """`dmarc`, `dkim`, `spf` or `arc`."""
    result: str
    """`pass`, `fail`, `softfail`, `neutral`, `none`, `policy`, `temperror` or
    `permerror` (RFC 8601 §2.7)."""
    domain: str
    """For whom it was said, in ASCII; `''` when the server does not say."""
    aligned: bool
    """Whether this domain may speak for the domain of the From field."""
    server: str
    """Who said it."""


class Verdict(NamedTuple):
    """All that the trusted server said, and one sentence for people."""

    results: tuple[Result, ...] = ()
    sentence: SafeText = SafeText("")
    """Empty when no trusted server said anything."""
    warning: bool = False
    """The sentence should make one doubt who sent this."""

    def of(self, method: str) -> tuple[Result, ...]:
        """What was said by one method."""
        return tuple(each for each in self.results if each.method == method)


@dataclass(slots=True)
class Instance:
    """One field as it was read."""

    server: str
    """The authserv-id in lower case; `''` when the field has none."""
    said: list[tuple[str, str, dict[str, str]]]
    """Method, result and properties, each in lower case but for the values."""


@dataclass(slots=True)
class _Segment:
    """What stands between two semicolons."""

    words: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)


def results(fields: Fields, trusted: str, from_domain: str) -> Verdict:
    """What the server `trusted` said of a message from `from_domain`.

    `fields` are name and raw value, the topmost first, with at least the Received and
    Authentication-Results fields. `trusted` is an authserv-id, or `*.` and a domain for
    all servers below it. Never raises; whatever is unclear is as if it was not said.
    """
    trusted = trusted.strip().lower()
    author = domain_of(from_domain)
    found: dict[str, list[Result]] = {}
    for instance in _trusted(fields, trusted) if trusted else ():
        fresh = [each for each in _judged(instance, author) if each.method not in found]
        for each in fresh:
            found.setdefault(each.method, []).append(each)
    said = tuple(each for method in METHODS for each in found.get(method, ()))
    return _verdict(said, author) if said else Verdict()


def candidate(fields: Fields) -> str:
    """The name of the server that seems to have checked this, to ask the user for.

    The topmost authserv-id that could be trusted at all; `''` when there is none.
    """
    for instance in _instances(fields):
        if instance.server:
            return instance.server
    return ""


def read_instance(value: bytes) -> Instance | None:
    """One Authentication-Results field; None when it is not written as it should be."""
    segments = _segments(unfold(value).decode("utf-8", "replace"))
    if segments is None:
        return None
    first = segments[0]
    if not first.words:
        # As one big service writes it: without a name, so nobody's word.
        return Instance("", _said(segments))
    name, version = first.words[0].lower(), first.words[1:]
    if version not in ([], ["1"]) or _ID.fullmatch(name) is None:
        return None
    if any(each.words and not _empty(each) for each in segments[1:]):
        return None
    return Instance(name, _said(segments[1:]))


# -- which fields count ------------------------------------------------------


def _trusted(fields: Fields, trusted: str) -> Iterator[Instance]:
    for instance in _instances(fields):
        name = instance.server
        below = trusted.startswith("*.") and name.endswith(trusted[1:])
        if name and (name == trusted or below):
            yield instance


def _instances(fields: Fields) -> Iterator[Instance]:
    """What can be read, as long as only servers of its own passed it on."""
    passed: set[str] = set()
    count = 0
    for name, value in fields:
        key = name.lower()
        if key == b"received":
            passed.add(_organisation_by(value))
        elif key == b"authentication-results" and count < INSTANCES_MAX:
            count += 1
            instance = read_instance(value)
            if instance and passed <= {"", organisation(instance.server)}:
                yield instance


def _organisation_by(value: bytes) -> str:
    """Whose server wrote a Received field; `''` when its `by` does not tell."""
    tokens = _tokens(unfold(value).decode("utf-8", "replace"), lenient=True) or []
    words = [text for kind, text in tokens if kind == "w"]
    if words and words[0].lower() == "from":
        # A client may call itself "by".
        words = words[2:]
    for at, word in enumerate(words[:-1]):
        if word.lower() == "by":
            host = words[at + 1].lower().rstrip(".")
            known = _LITERAL.fullmatch(host) is None and not private(host)
            return organisation(host) if known else ""
    return ""


# -- reading -----------------------------------------------------------------


def _tokens(text: str, *, lenient: bool = False) -> list[tuple[str, str]] | None:
    """Kind (`w` word, blank, `;`, `=`) and text; comments are blanks.

    None for what does not end, or does not belong there, unless `lenient`.
    """
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token[0] == ")":
            if not lenient:
                return None
            at += 1
            continue
        at, kind = token.end(), token[0]
        if kind == "(":
            at = _past_comment(text, at)
            if at < 0:
                return found if lenient else None
            found.append((" ", ""))
        elif token[1] is not None:
            found.append(("w", _PAIR.sub(r"\1", token[1])))
        elif kind in ";=":
            found.append((kind, kind))
        else:
            found.append(("w", kind) if kind.strip() else (" ", ""))
    return found


def _past_comment(text: str, at: int) -> int:
    """Where a comment ends, with all that are nested in it; -1 when it does not."""
    depth = 1
    for token in _IN_COMMENT.finditer(text, at):
        depth += (token[0] == "(") - (token[0] == ")")
        if depth == 0:
            return token.end()
    return -1


def _segments(text: str) -> list[_Segment] | None:
    tokens = _tokens(text)
    if tokens is None:
        return None
    segments = [_Segment()]
    at = 0
    while at < len(tokens):
        kind, word = tokens[at]
        at += 1
        now = segments[-1]
        if kind == ";":
            segments.append(_Segment())
        elif kind == "w":
            now.words.append(word)
        elif kind == "=":
            if not now.words:
                return None
            name = _name(now.words)
            value, at = _value(tokens, at)
            now.pairs.append((name, value))
    return segments


def _name(words: list[str]) -> str:
    """What stands before `=`, taken off; `header . d` is one name."""
    name = words.pop()
    for _ in range(4):
        if not words or (name[:1] not in "./" and words[-1][-1:] not in "./"):
            break
        name = words.pop() + name
    return name.lower()


def _value(tokens: list[tuple[str, str]], at: int) -> tuple[str, int]:
    """What stands behind `=`: words and quoted strings without a blank between."""
    while at < len(tokens) and tokens[at][0] == " ":
        at += 1
    start = at
    while at < len(tokens) and tokens[at][0] in "w=":
        at += 1
    return "".join(text for _, text in tokens[start:at]), at


def _empty(segment: _Segment) -> bool:
    return [each.lower() for each in segment.words] == ["none"] and not segment.pairs


def _said(segments: list[_Segment]) -> list[tuple[str, str, dict[str, str]]]:
    said = []
    for segment in segments[:RESULTS_MAX]:
        if not segment.pairs:
            continue
        (method, result), *rest = segment.pairs
        method, _, version = method.partition("/")
        if version in ("", "1"):
            properties: dict[str, str] = {}
            for name, value in rest:
                properties.setdefault(name, value)
            said.append((method, result.lower(), properties))
    return said


# -- judging -----------------------------------------------------------------


def _judged(instance: Instance, author: str) -> list[Result]:
    """The results of one field; of a method that says two things, the worse one."""
    found: list[Result] = []
    for method, result, properties in instance.said:
        known = _RESULTS.get(result)
        if method not in METHODS or known is None:
            continue
        domain = _about(method, properties)
        fits = aligned(domain, author)
        found.append(Result(method, known, domain, fits, instance.server))
    for method in ("dmarc", "arc"):
        same = [each for each in found if each.method == method]
        if len(same) > 1:
            # Nobody says this twice: one of them came with the mail.
            worst = max(same, key=lambda each: each.result != "pass")
            found = [each for each in found if each.method != method or each is worst]
    return found


def _about(method: str, properties: dict[str, str]) -> str:
    for name in _DOMAIN_IN[method]:
        value = properties.get(name, "")
        if value not in ("", "<>"):
            return domain_of(value)
    return ""


def _verdict(said: tuple[Result, ...], author: str) -> Verdict:
    sentence, warning = _sentence(said, author)
    return Verdict(said, safe_text(sentence, 900), warning)


def _sentence(said: tuple[Result, ...], author: str) -> tuple[str, bool]:
    for each in said:
        if each.method == "dmarc" and each.result in ("pass", "fail"):
            return _on_dmarc(each, said, author)
    proved = [each for each in said if _vouches(each)]
    if proved:
        names = " and ".join(dict.fromkeys(_SHOWN[e.method] for e in proved))
        first = proved[0]
        return f"{names} passed for {first.domain}, checked by {first.server}.", False
    for method in ("dkim", "spf"):
        for each in said:
            if each.method == method and each.result == "pass":
                return _on_other(each), bool(each.domain)
    return _on_nothing(said, author)


def _on_dmarc(dmarc: Result, said: tuple[Result, ...], author: str) -> tuple[str, bool]:
    server = dmarc.server
    domain = dmarc.domain or author or "the sender's domain"
    sealed = any(e.method == "arc" and e.result == "pass" for e in said)
    if dmarc.result == "fail":
        why = ", though a forwarder's seal (ARC) passed" if sealed else ""
        text = f"FAILED DMARC: nothing proves that it is from {domain}{why}"
        return f"{text}, says {server}.", True
    if not dmarc.aligned:
        return _on_other(dmarc), bool(dmarc.domain)
    others = [each for each in said if each.method in ("dkim", "spf")]
    both = len({each.method for each in others}) == 2
    if both and not sealed and not any(map(_vouches, others)):
        # DMARC passes when one of the two does (RFC 7489 §4.2).
        return f"The checks by {server} contradict each other; none counts.", True
    return f"Passed DMARC for {domain}, checked by {server}.", False


def _on_other(result: Result) -> str:
    name = _SHOWN[result.method]
    if not result.domain:
        return f"{name} passed, but {result.server} does not say for whom."
    return f"{name} passed, but for {result.domain}, not for the sender's domain."


def _on_nothing(said: tuple[Result, ...], author: str) -> tuple[str, bool]:
    for wanted in ("fail", "softfail"):
        for each in said:
            if each.result == wanted and each.method in ("dkim", "spf"):
                name = _SHOWN[each.method]
                domain = f" for {each.domain}" if each.domain else ""
                weak = " (softly)" if wanted == "softfail" else ""
                return f"FAILED {name}{domain}{weak}, says {each.server}.", True
    server = said[0].server
    domain = author or "the sender's domain"
    return f"Nothing shows whether it is from {domain}, says {server}.", False


def _vouches(result: Result) -> bool:
    fits = result.aligned and result.result == "pass"
    return fits and result.method in ("dkim", "spf")
