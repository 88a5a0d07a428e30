"""What of a message is signed or encrypted, and what gpg or gpgsm said about it.

RFC 3156 (PGP/MIME), RFC 8551 (S/MIME). The programs tell by status lines; only lines of
their own count, so nothing in a mail, a name or a notation can pass for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Part, SafeText

PGP, SMIME = "pgp", "smime"
STATUS_MAX = 256 * 1024
SIGNATURES_MAX = 16
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{32,64}")
_PREFIX = b"[GNUPG:] "
_ADDRESS = re.compile(
    r"(?:^|<|/EMail=)([^\s<>()\"',;=/]{1,64}@[A-Za-z0-9.-]{1,255})>?$"
)
"""The one that a key names, never one within the name of its owner."""
_ENCRYPTED = re.compile(rb"^-----BEGIN PGP MESSAGE-----[ \t]*\r?$", re.M)
_ENCRYPTED_END = re.compile(rb"^-----END PGP MESSAGE-----[ \t]*\r?$", re.M)
_SIGNED = re.compile(rb"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?\n", re.M)
_SIGNED_END = re.compile(rb"^-----END PGP SIGNATURE-----[ \t]*\r?$", re.M)
_OPAQUE = ("application/pkcs7-mime", "application/x-pkcs7-mime")


class State(Enum):
    """How it stands with a signature or with what is encrypted."""

    GOOD = "good"
    UNTRUSTED = "untrusted"
    """The signature is good, but nobody the user trusts says whose key it is."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    BAD = "bad"
    NO_KEY = "no key"
    NOT_CHECKED = "not checked"
    DECRYPTED = "decrypted"
    """Nothing more: it was encrypted and not signed."""
    NOT_FOR_US = "not for us"
    FAILED = "failed"


class Verdict(NamedTuple):
    """What was found out about one sealed part."""

    state: State
    sentence: SafeText
    warning: bool = False
    """It should make one doubt."""
    signer: SafeText = SafeText("")
    key: SafeText = SafeText("")
    """Fingerprint, or what there is of it."""


CONTENT_TYPE_WITHIN = 40
"""Octets of a CMS message in which the kind of its content is told."""
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = (
    bytes.fromhex("06092a864886f70d010703"),
    bytes.fromhex("060b2a864886f70d0109100117"),
)


class Sealed(NamedTuple):
    """A part that is signed or encrypted."""

    kind: str
    """`signed`, `encrypted`, or `opaque`: which of both the octets tell."""
    protocol: str
    """`pgp` or `smime`."""
    signed: Part | None = None
    """What a detached signature is over."""
    signature: Part | None = None
    payload: Part | None = None
    """What has to be decrypted or unwrapped."""


def sealed(part: Part) -> Sealed | None:
    """How one part is sealed; None when it is not."""
    kind, parts = part.media_type, part.parts
    if kind == "multipart/signed" and len(parts) >= 2:
        said = f"{part.param('protocol')} {parts[1].media_type}".lower()
        protocol = SMIME if "pkcs7" in said else PGP if "pgp" in said else ""
        return Sealed("signed", protocol, parts[0], parts[1]) if protocol else None
    if kind == "multipart/encrypted" and parts:
        return Sealed("encrypted", PGP, payload=parts[-1])
    if kind in _OPAQUE:
        return Sealed("opaque", SMIME, payload=part)
    return None


def is_signed(data: bytes, label: str) -> bool:
    """Whether what comes as one S/MIME file is signed, and not encrypted.

    CMS says so itself at its beginning (RFC 5652 §3); `label`, the smime-type, counts
    where it does not.
    """
    begin = data[:CONTENT_TYPE_WITHIN]
    if _SIGNED_DATA in begin:
        return True
    return "enveloped" not in label and not any(each in begin for each in _ENVELOPED)


def inline(text: bytes) -> str:
    """`encrypted` or `signed` for a text with PGP in it, else `''`."""
    if _ENCRYPTED.search(text[:65_536]):
        return "encrypted"
    return "signed" if _bounds(text, _SIGNED, _SIGNED_END) else ""


def _bounds(
    text: bytes, first: re.Pattern[bytes], last: re.Pattern[bytes]
) -> tuple[int, int] | None:
    """Where the first such block begins and ends; each is looked for once only."""
    begun = first.search(text)
    ended = last.search(text, begun.end()) if begun else None
    return (begun.start(), ended.end()) if begun and ended else None


def around(text: bytes, kind: str = "signed") -> tuple[bytes, bytes, bytes]:
    """What stands before a text that is sealed, that itself, and what stands behind.

    `kind` as `inline` says.
    """
    ends = (_ENCRYPTED, _ENCRYPTED_END)
    found = _bounds(text, *(ends if kind == "encrypted" else (_SIGNED, _SIGNED_END)))
    if found is None:
        return b"", text, b""
    start, end = found
    return text[:start], text[start:end] + b"\n", text[end:]


def signed_octets(header: bytes, body: bytes) -> bytes:
    """What a detached signature is over: a part's header and body with CRLF.

    From the IMAP sections `n.MIME` and `n` (RFC 3156 §5, RFC 8551 §3.1.1).
    """
    whole = header + body
    return whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


# -- what the programs say -----------------------------------------------------


Named = Callable[[str], Mapping[str, bool] | None]
"""Addresses that a key or certificate names, by fingerprint; for each whether anybody
the user trusts says that it is its owner's; None when that could not be found out."""


class _Signature(NamedTuple):
    state: State
    signer: str
    key: str
    primary: str
    """Fingerprint of the key that names the owner; `key` may be one below it."""


_SIGNATURES = {
    "GOODSIG": State.GOOD,
    "EXPSIG": State.EXPIRED,
    "EXPKEYSIG": State.EXPIRED,
    "REVKEYSIG": State.REVOKED,
    "BADSIG": State.BAD,
    "ERRSIG": State.NOT_CHECKED,
}
_WORST = (
    *(State.BAD, State.REVOKED, State.NOT_CHECKED, State.NO_KEY),
    *(State.EXPIRED, State.UNTRUSTED, State.GOOD),
)


def read_status(
    status: bytes, sender: str, named: Named | None = None, *, opened: bool = False
) -> Verdict:
    """What status lines (`--status-fd` of gpg and gpgsm) say of a signature.

    `sender` is the address of the From field; `named` tells the addresses of a key
    where they are known better than by the lines. `opened`: it was encrypted. Of
    several signatures the worst counts, of equal ones that of the sender.
    """
    lines = _lines(status)
    words = {line[0] for line in lines}
    if opened and not _decrypted(lines, words):
        return _not_decrypted(words)
    heads = [at for at in range(len(lines)) if _is_signature(lines[at])]
    if not heads:
        return _unsigned(words, opened)
    if len(heads) > SIGNATURES_MAX:
        said = f"Signed {len(heads)} times, which is too often to be checked."
        return Verdict(State.NOT_CHECKED, SafeText(said), True)
    found = [_owned(_judged(lines, at), sender, named) for at in heads]
    (one, its) = min(found, key=lambda each: (_WORST.index(each[0].state), not each[1]))
    return _verdict(one, its, sender, opened)


def _owned(
    one: _Signature, sender: str, named: Named | None
) -> tuple[_Signature, bool]:
    """A signature, and whether its key names the sender.

    A key is trusted for a name of its, and anybody may add names to a key of theirs.
    """
    if one.state not in (State.GOOD, State.UNTRUSTED, State.EXPIRED):
        return one, False
    names = named(one.primary) if named is not None else {}
    names = names or dict.fromkeys(_ADDRESS.findall(one.signer), names is not None)
    vouched = {address.lower(): sure for address, sure in names.items()}
    if one.state is State.GOOD:
        sure = [address for address in vouched if vouched[address]]
        if not vouched.get(sender.lower(), bool(sure)):
            one = one._replace(state=State.UNTRUSTED)
        elif sure and not {a.lower() for a in _ADDRESS.findall(one.signer)} & {*sure}:
            # What the key calls itself first is not what it is trusted for.
            shown = sender if sender.lower() in sure else sure[0]
            one = one._replace(signer=shown)
    return one, sender.lower() in vouched


def _lines(status: bytes) -> list[list[str]]:
    found = []
    for line in status[:STATUS_MAX].split(b"\n"):
        if line.startswith(_PREFIX):
            words = line[len(_PREFIX) :].decode("utf-8", "replace").split(" ")
            found.append(words[:20])
    return found


def _is_signature(line: list[str]) -> bool:
    return line[0] in _SIGNATURES and len(line) > 1


def _judged(lines: list[list[str]], at: int) -> _Signature:
    """One signature, with what the lines up to the next say of its key."""
    line = lines[at]
    rest = []
    for each in lines[at + 1 :]:
        if each[0] == "NEWSIG" or _is_signature(each):
            break
        rest.append(each)
    valid = next((e for e in rest if e[0] == "VALIDSIG" and len(e) > 1), None)
    key = valid[1] if valid else line[1]
    # The last word of gpg's is the primary key; gpgsm has no such word.
    primary = (
        valid[10] if valid and _FINGERPRINT.fullmatch("".join(valid[10:])) else key
    )
    trust = next((e[0][6:] for e in rest if e[0].startswith("TRUST_")), "")
    name = unquote_to_bytes(" ".join(line[2:])).decode("utf-8", "replace")
    state = _SIGNATURES[line[0]]
    if line[0] == "ERRSIG":
        name = ""
        missing = line[6:7] == ["9"] or any(each[0] == "NO_PUBKEY" for each in rest)
        state = State.NO_KEY if missing else State.NOT_CHECKED
    if state is State.GOOD and trust not in ("FULLY", "ULTIMATE"):
        state = State.UNTRUSTED
    if state is State.GOOD and valid is None:
        state = State.NOT_CHECKED
    return _Signature(state, name, key, primary)


def _decrypted(lines: list[list[str]], words: set[str]) -> bool:
    """Whether all of it was decrypted, and nobody changed it on the way (EFAIL)."""
    if "DECRYPTION_OKAY" not in words or "DECRYPTION_FAILED" in words:
        return False
    if "BADMDC" in words:
        return False
    # One for each layer: what is guarded may hold something that is not.
    layers = [line for line in lines if line[0] == "DECRYPTION_INFO"]
    # gpgsm says nothing of that kind: CMS has none for what is only encrypted.
    return all(
        info[1:2] not in ([], ["0"]) or info[3:4] not in ([], ["0"]) for info in layers
    )


def _not_decrypted(words: set[str]) -> Verdict:
    if "NO_SECKEY" in words and "DECRYPTION_OKAY" not in words:
        said = "Encrypted, and not for any key you have here."
        return Verdict(State.NOT_FOR_US, SafeText(said))
    if "BADMDC" in words or "DECRYPTION_OKAY" in words:
        said = "Encrypted, but changed on its way or not protected: it is not shown."
        return Verdict(State.FAILED, SafeText(said), True)
    if "ENC_TO" not in words:
        # gpgsm names no key when it has none of those that could open it.
        said = (
            "Encrypted, and it could not be decrypted: there is no key here that opens"
            " it, or it is damaged."
        )
        return Verdict(State.FAILED, SafeText(said))
    said = (
        "Encrypted, and it could not be decrypted. If the key is locked, unlock it in"
        " another terminal (gpg --decrypt any file) and open this again."
    )
    return Verdict(State.FAILED, SafeText(said))


def _unsigned(words: set[str], opened: bool) -> Verdict:
    if opened:
        return Verdict(State.DECRYPTED, SafeText("Was encrypted; it is not signed."))
    said = "Signed, but the signature cannot be read."
    return Verdict(State.NOT_CHECKED, SafeText(said), True)


def _verdict(found: _Signature, its: bool, sender: str, opened: bool) -> Verdict:
    state = found.state
    signer = safe_text(found.signer, 200)
    key = safe_text(found.key[-16:], 40)
    who = signer or f"the key {key}"
    said = "Was encrypted; signed" if opened else "Signed"
    sentence = {
        State.GOOD: f"{said} by {who}; the signature is good.",
        State.UNTRUSTED: (
            f"{said} by a key that says {who}; the signature is good, but nobody you"
            " trust says whose key it is."
        ),
        State.EXPIRED: (
            f"{said} by a key that says {who}; the key or the signature has expired."
        ),
        State.REVOKED: f"{said} by {who}, whose key was revoked: do not rely on it.",
        State.BAD: f"THE SIGNATURE IS WRONG: changed, or not signed by {who}.",
        State.NO_KEY: f"{said} by the key {key}, which you do not have; not checked.",
        State.NOT_CHECKED: f"{said}, but the signature could not be checked.",
    }[state]
    warning = state in (State.BAD, State.REVOKED)
    fine = state in (State.GOOD, State.UNTRUSTED, State.EXPIRED)
    if fine and not its:
        sentence += f" THAT IS NOT THE SENDER {sender or '(nobody)'}."
        warning = True
    return Verdict(state, safe_text(sentence, 600), warning, signer, key)
