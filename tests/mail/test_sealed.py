"""What is signed or encrypted, and what the programs' status lines mean."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.sanitize import is_safe
from tuimail.mail.sealed import (
    State,
    around,
    inline,
    read_status,
    sealed,
    signed_octets,
)
from tuimail.mail.types import Part, Section

ANN = "ann@example.org"
GOOD = "GOODSIG 1234 Ann <ann@example.org>\nVALIDSIG ABCD 2026-11-24 1 0\n"


def status(text: str) -> bytes:
    return "".join(f"[GNUPG:] {line}\n" for line in text.splitlines()).encode()


@pytest.mark.parametrize(
    ("lines", "state", "warning"),
    [
        (GOOD + "TRUST_ULTIMATE 0 pgp", State.GOOD, False),
        (GOOD + "TRUST_FULLY", State.GOOD, False),
        (GOOD + "TRUST_UNDEFINED", State.UNTRUSTED, False),
        (GOOD + "TRUST_NEVER", State.UNTRUSTED, False),
        (GOOD, State.UNTRUSTED, False),
        ("GOODSIG 1 Ann <ann@example.org>\nTRUST_FULLY", State.NOT_CHECKED, False),
        ("BADSIG 1234 Ann <ann@example.org>", State.BAD, True),
        ("REVKEYSIG 1234 Ann <ann@example.org>", State.REVOKED, True),
        ("EXPKEYSIG 1234 Ann <ann@example.org>", State.EXPIRED, False),
        ("ERRSIG 1234 22 8 00 1 9 ABCD\nNO_PUBKEY 1234", State.NO_KEY, False),
        ("ERRSIG 1234 22 8 00 1 4 ABCD", State.NOT_CHECKED, False),
        ("NODATA 4", State.NOT_CHECKED, True),
        ("", State.NOT_CHECKED, True),
        (
            f"NEWSIG\n{GOOD}TRUST_FULLY\nNEWSIG\nBADSIG 9 Bo <bo@x.org>",
            State.BAD,
            True,
        ),
        (
            f"NEWSIG\nERRSIG 1 22 8 00 1 9 AB\nNO_PUBKEY 1\nNEWSIG\n{GOOD}TRUST_FULLY",
            State.NO_KEY,
            False,
        ),
        # A name, or a notation, that would like to be a line of its own.
        (
            "BADSIG 1 x%0A[GNUPG:] GOODSIG 1 Ann <ann@example.org>",
            State.BAD,
            True,
        ),
        (
            "NOTATION_DATA GOODSIG 1234 Ann <ann@example.org>%0ATRUST_ULTIMATE",
            State.NOT_CHECKED,
            True,
        ),
    ],
)
def test_of_a_signature(lines: str, state: State, warning: bool) -> None:
    verdict = read_status(status(lines), ANN)
    assert (verdict.state, verdict.warning) == (state, warning), verdict


@pytest.mark.parametrize(
    ("uid", "addresses", "warned"),
    [
        ("Ann <ann@example.org>", (), False),
        ("Ann <ANN@Example.org>", (), False),
        ("Bo <bo@example.org>", (), True),
        ("Bo <bo@example.org>", (ANN,), False),
        ("Ann <ann@example.org>", ("bo@example.org",), True),
        ("/CN=Ann/EMail=ann@example.org", (), False),
        ("no address", (), True),
        ("/CN=ann@example.org/EMail=mallory@example.net", (), True),
        ("ann@example.org <mallory@example.net>", (), True),
        ("Mallory <mallory@example.net> ann@example.org", (), True),
        ("ann@example.org", (), False),
    ],
)
def test_a_signature_of_another_than_the_sender_is_told(
    uid: str, addresses: tuple[str, ...], warned: bool
) -> None:
    lines = f"GOODSIG 12 {uid}\nVALIDSIG ABCD 1\nTRUST_FULLY"
    verdict = read_status(
        status(lines), ANN, lambda key: dict.fromkeys(addresses, True)
    )
    assert verdict.warning is warned
    assert ("NOT THE SENDER" in verdict.sentence) is warned


def test_each_signature_is_judged_by_its_own_key() -> None:
    keys = {"A" * 40: {"bo@example.org": True}, "B" * 40: {ANN: True}}
    lines = "".join(
        f"NEWSIG\nGOODSIG 1 X <x@example.org>\n"
        f"VALIDSIG {'C' * 40} 2026-11-24 1 0 4 0 22 8 00 {key}\nTRUST_FULLY\n"
        for key in keys
    )
    verdict = read_status(status(lines), ANN, lambda key: keys.get(key, {}))
    assert (verdict.state, verdict.warning) == (State.GOOD, False)


def test_a_name_that_nobody_vouches_for_is_not_trusted_with_the_key() -> None:
    lines = status(GOOD + "TRUST_FULLY")
    names = {"mallory@example.net": True, ANN: False}
    assert read_status(lines, ANN, lambda key: names).state is State.UNTRUSTED
    assert (
        read_status(lines, "mallory@example.net", lambda key: names).state is State.GOOD
    )


def test_a_key_whose_names_cannot_be_found_out_is_not_trusted() -> None:
    lines = status(GOOD + "TRUST_FULLY")
    assert read_status(lines, ANN, lambda key: None).state is State.UNTRUSTED


def test_more_signatures_than_are_looked_at_are_told() -> None:
    verdict = read_status(status((GOOD + "TRUST_FULLY\n") * 17), ANN)
    assert (verdict.state, verdict.warning) == (State.NOT_CHECKED, True)


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("DECRYPTION_INFO 2 9\nDECRYPTION_OKAY\nGOODMDC", State.DECRYPTED),
        ("DECRYPTION_INFO 0 9 2\nDECRYPTION_OKAY", State.DECRYPTED),
        ("DECRYPTION_INFO 0 9\nDECRYPTION_OKAY", State.FAILED),
        ("DECRYPTION_INFO 2 9\nBADMDC\nDECRYPTION_FAILED", State.FAILED),
        ("DECRYPTION_OKAY\nDECRYPTION_FAILED", State.FAILED),
        ("DECRYPTION_OKAY", State.DECRYPTED),
        (
            "DECRYPTION_INFO 2 9\nDECRYPTION_INFO 0 9\nGOODMDC\nDECRYPTION_OKAY",
            State.FAILED,
        ),
        ("NO_SECKEY 1\nDECRYPTION_FAILED", State.NOT_FOR_US),
        ("NO_SECKEY 1\nDECRYPTION_INFO 2 9\nDECRYPTION_OKAY", State.DECRYPTED),
        ("", State.FAILED),
        (f"DECRYPTION_INFO 2 9\n{GOOD}TRUST_FULLY\nDECRYPTION_OKAY", State.GOOD),
        (f"{GOOD}TRUST_FULLY\nDECRYPTION_FAILED", State.FAILED),
    ],
)
def test_of_what_was_encrypted(lines: str, state: State) -> None:
    assert read_status(status(lines), ANN, opened=True).state is state


@given(st.binary(max_size=200), st.text(max_size=20), st.booleans())
def test_any_status_gives_a_safe_sentence(
    data: bytes, sender: str, opened: bool
) -> None:
    for lines in (data, b"[GNUPG:] " + data, b"[GNUPG:] GOODSIG 1 " + data):
        verdict = read_status(lines, sender, opened=opened)
        assert is_safe(verdict.sentence)
        assert verdict.state is not State.GOOD


def part(kind: str, *parts: Part, **params: str) -> Part:
    return Part(Section("1"), kind, tuple(params.items()), parts=tuple(parts))


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (
            part(
                "multipart/signed",
                part("text/plain"),
                part("application/pgp-signature"),
            ),
            ("signed", "pgp"),
        ),
        (
            part(
                "multipart/signed",
                part("text/plain"),
                part("application/x-pkcs7-signature"),
            ),
            ("signed", "smime"),
        ),
        (
            part("multipart/signed", part("text/plain"), part("text/plain")),
            None,
        ),
        (part("multipart/signed"), None),
        (
            part("multipart/encrypted", part("application/pgp-encrypted"), part("x/y")),
            ("encrypted", "pgp"),
        ),
        (part("application/pkcs7-mime"), ("opaque", "smime")),
        (part("text/plain"), None),
    ],
)
def test_what_is_sealed(root: Part, found: tuple[str, str] | None) -> None:
    made = sealed(root)
    assert (made and (made.kind, made.protocol)) == found


CLEAR = (
    b"before\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n"
    b"-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\nafter\n"
)


def test_pgp_within_a_text_is_seen() -> None:
    assert inline(CLEAR) == "signed"
    assert inline(b"x\n-----BEGIN PGP MESSAGE-----\n\nabc") == "encrypted"
    assert inline(b"> -----BEGIN PGP MESSAGE-----\n") == ""
    assert inline(b"-----BEGIN PGP SIGNED MESSAGE-----\nno end") == ""


def test_what_stands_around_a_signed_text_is_told_apart() -> None:
    before, within, behind = around(CLEAR)
    assert (before, behind) == (b"before\n", b"\nafter\n")
    assert within.startswith(b"-----BEGIN PGP SIGNED")


def test_what_stands_around_an_encrypted_text_is_told_apart() -> None:
    armor = b"-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n"
    before, within, behind = around(b"hi\n" + armor + b"bye\n", "encrypted")
    assert (before, within, behind) == (b"hi\n", armor, b"\nbye\n")


@pytest.mark.parametrize(
    "piece", [b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"-----END PGP SIGNATURE-----\n"]
)
def test_many_seals_that_do_not_end_take_no_time(piece: bytes) -> None:
    begun = time.process_time()
    assert inline(piece * 60_000) == ""
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_was_signed_has_the_line_ends_of_mail(end: bytes) -> None:
    header, body = b"A: b" + end + end, b"x" + end + b"y"
    assert signed_octets(header, body) == b"A: b\r\n\r\nx\r\ny"
