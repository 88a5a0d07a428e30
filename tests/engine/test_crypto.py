"""Signatures and encrypted mail with real keys, through the real programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuimail.engine.crypto import decrypt, verify
from tuimail.mail.sealed import PGP, SMIME, State, is_signed

pytestmark = pytest.mark.skipif(
    not shutil.which("gpg") or not shutil.which("gpgsm"), reason="needs gpg and gpgsm"
)
TEXT = b"Content-Type: text/plain\r\n\r\nhello\r\n"
ANN, BOB, OLD = "ann@example.org", "bob@example.org", "old@example.org"


def gpg(home: Path, *words: str, data: bytes = b"") -> bytes:
    command = ["gpg", "--batch", "--no-tty", "--passphrase", "", "--yes", *words]
    env = {**os.environ, "GNUPGHOME": str(home)}
    done = subprocess.run(command, input=data, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def end(home: Path) -> None:
    env = {**os.environ, "GNUPGHOME": str(home)}
    subprocess.run(["gpgconf", "--kill", "all"], env=env, check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def keys() -> Iterator[Path]:
    """A key ring with Ann's and Bob's keys, and one that has expired."""
    # Sockets live in it, and their paths must be short.
    home = Path(tempfile.mkdtemp(prefix="gh-", dir="/tmp"))
    for name in (f"Ann <{ANN}>", f"Bob <{BOB}>"):
        gpg(home, "--quick-gen-key", name, "ed25519", "cert,sign", "never")
        key = fingerprint(home, name)
        gpg(home, "--quick-add-key", key, "cv25519", "encr", "never")
    past = ["--faked-system-time", "20200101T000000!"]
    gpg(home, *past, "--quick-gen-key", f"Old <{OLD}>", "ed25519", "cert,sign", "1d")
    yield home
    end(home)


@pytest.fixture(autouse=True)
def own_keys(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(keys))


def fingerprint(home: Path, user: str) -> str:
    listed = gpg(home, "--with-colons", "--list-keys", user).decode()
    return listed.split("\nfpr:")[1].split(":")[8]


def signature(keys: Path, user: str, data: bytes = TEXT, *more: str) -> bytes:
    return gpg(keys, *more, "-u", user, "--detach-sign", "--armor", data=data)


def test_a_good_signature_names_its_signer(keys: Path) -> None:
    verdict = verify(TEXT, signature(keys, ANN), PGP, ANN)
    assert verdict.state is State.GOOD
    assert not verdict.warning
    assert "Ann <ann@example.org>" in verdict.sentence


def test_a_signed_text_is_no_signature_of_another(keys: Path) -> None:
    signed = gpg(keys, "-u", ANN, "--sign", data=TEXT)
    detached = gpg(keys, "-u", ANN, "--detach-sign", data=TEXT)
    for said in (signed, signed + detached):
        assert verify(TEXT + b"x", said, PGP, ANN).state is State.NOT_CHECKED


def test_what_is_put_before_or_behind_is_not_taken_for_sealed(keys: Path) -> None:
    to_ann = ("--trust-model", "always", "-r", ANN, "--encrypt")
    locked = gpg(keys, *to_ann, data=b"secret\n")
    free = gpg(keys, "--store", data=b"evil\n")
    assert decrypt(free + locked, PGP, ANN).octets == b""
    assert decrypt(locked + free, PGP, ANN).octets == b"secret\n"


def test_a_changed_text_is_told(keys: Path) -> None:
    verdict = verify(TEXT + b"more", signature(keys, ANN), PGP, ANN)
    assert (verdict.state, verdict.warning) == (State.BAD, True)


def test_a_signature_of_somebody_else_is_a_warning(keys: Path) -> None:
    verdict = verify(TEXT, signature(keys, BOB), PGP, ANN)
    assert verdict.warning
    assert "NOT THE SENDER ann@example.org" in verdict.sentence


def test_two_signatures_are_as_good_as_the_worse(keys: Path) -> None:
    packets = gpg(keys, "--dearmor", data=signature(keys, ANN))
    packets += gpg(keys, "--dearmor", data=signature(keys, BOB, b"another text"))
    assert verify(TEXT, packets, PGP, ANN).state is State.BAD


def test_of_two_good_signatures_that_of_the_sender_counts(keys: Path) -> None:
    packets = [gpg(keys, "--dearmor", data=signature(keys, who)) for who in (BOB, ANN)]
    verdict = verify(TEXT, b"".join(packets), PGP, ANN)
    assert (verdict.state, verdict.warning) == (State.GOOD, False)


def test_a_name_added_to_a_trusted_key_is_not_trusted(keys: Path) -> None:
    mal, boss = "mal@example.net", "boss@example.org"
    other = Path(tempfile.mkdtemp(prefix="gh-", dir="/tmp"))
    try:
        gpg(other, "--quick-gen-key", f"Mal <{mal}>", "ed25519", "cert,sign", "never")
        gpg(keys, "--import", data=gpg(other, "--export", mal))
        gpg(keys, "-u", ANN, "--quick-sign-key", fingerprint(keys, mal), mal)
        # Certified for one name, it gives itself another.
        gpg(other, "--quick-add-uid", mal, f"Boss <{boss}>")
        gpg(keys, "--import", data=gpg(other, "--export", mal))
        made = signature(other, mal)
    finally:
        end(other)
    as_mal = verify(TEXT, made, PGP, mal)
    assert as_mal.state is State.GOOD
    assert boss not in as_mal.sentence
    assert verify(TEXT, made, PGP, boss).state is State.UNTRUSTED


def test_an_expired_key_is_told(keys: Path) -> None:
    past = ("--faked-system-time", "20200101T000100!")
    verdict = verify(TEXT, signature(keys, OLD, TEXT, *past), PGP, OLD)
    assert verdict.state is State.EXPIRED


def test_a_key_that_is_not_here_is_told(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = signature(keys, ANN)
    tmp_path.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path))
    assert verify(TEXT, made, PGP, ANN).state is State.NO_KEY


def test_what_is_no_signature_is_told(keys: Path) -> None:
    assert verify(TEXT, b"nothing", PGP, ANN).state is State.NOT_CHECKED


def test_an_encrypted_text_is_opened(keys: Path) -> None:
    data = gpg(keys, "-r", BOB, "--encrypt", "--armor", data=TEXT)
    opened = decrypt(data, PGP, ANN)
    assert opened.octets == TEXT
    assert opened.verdict.state is State.DECRYPTED


def test_an_encrypted_and_signed_text_names_its_signer(keys: Path) -> None:
    words = ("-r", BOB, "-u", ANN, "--sign", "--encrypt", "--armor")
    opened = decrypt(gpg(keys, *words, data=TEXT), PGP, ANN)
    assert opened.octets == TEXT
    assert opened.verdict.state is State.GOOD
    assert "encrypted" in opened.verdict.sentence


def test_what_is_not_for_us_is_told(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = gpg(keys, "-r", BOB, "--encrypt", "--armor", data=TEXT)
    tmp_path.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path))
    opened = decrypt(data, PGP, ANN)
    assert (opened.octets, opened.verdict.state) == (b"", State.NOT_FOR_US)


def test_what_was_changed_on_its_way_is_not_shown(keys: Path) -> None:
    data = bytearray(gpg(keys, "-r", BOB, "--encrypt", data=TEXT * 50))
    data[-30] ^= 1
    opened = decrypt(bytes(data), PGP, ANN)
    assert opened.octets == b""
    assert opened.verdict.state is State.FAILED


def test_a_text_that_is_not_guarded_is_not_shown(keys: Path) -> None:
    words = ("-r", BOB, "--rfc2440", "--disable-mdc", "--cipher-algo", "3DES")
    data = gpg(keys, *words, "--encrypt", data=TEXT)
    opened = decrypt(data, PGP, ANN)
    # New versions guard it whatever they are told; then it may be shown.
    assert opened.octets in (b"", TEXT)
    assert (opened.octets == b"") == (opened.verdict.state is State.FAILED)


def test_of_a_clear_signed_text_what_was_signed_comes_back(keys: Path) -> None:
    data = gpg(keys, "-u", ANN, "--clear-sign", data=b"- dashed\nhello\n")
    opened = decrypt(data, PGP, ANN, signed=True)
    assert opened.octets == b"- dashed\nhello\n"
    assert opened.verdict.state is State.GOOD


def test_a_cancelled_check_ends(keys: Path) -> None:
    verdict = verify(TEXT, signature(keys, ANN), PGP, ANN, lambda: True)
    assert verdict.state in (State.GOOD, State.NOT_CHECKED)


# -- S/MIME --------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that gpgsm trusts, and Ann's certificate by it."""
    at = tmp_path_factory.mktemp("smime")
    (at / "ca.ext").write_text(
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
        "subjectKeyIdentifier=hash\n"
    )
    (at / "ann.ext").write_text(
        "basicConstraints=CA:FALSE\nsubjectAltName=email:ann@example.org\n"
        "keyUsage=digitalSignature,keyEncipherment\n"
    )
    new = "openssl req -newkey rsa:2048 -nodes -subj".split()
    sign = "openssl x509 -req -days 9".split()

    def run(*words: str) -> None:
        subprocess.run(words, cwd=at, check=True, capture_output=True)

    run(*new, "/CN=Authority", "-keyout", "ca.key", "-out", "ca.csr")
    run(*sign, *"-in ca.csr -signkey ca.key -extfile ca.ext -out ca.pem".split())
    subject = "/CN=Ann/emailAddress=ann@example.org"
    run(*new, subject, "-keyout", "ann.key", "-out", "ann.csr")
    run(
        *sign,
        *"-in ann.csr -CA ca.pem -CAkey ca.key -CAcreateserial".split(),
        *"-extfile ann.ext -out ann.pem".split(),
    )
    run(
        *"openssl pkcs12 -export -inkey ann.key -in ann.pem -certfile ca.pem".split(),
        *"-legacy -passout pass:x -out ann.p12".split(),
    )
    finger = subprocess.run(
        ["openssl", "x509", "-in", "ca.pem", "-noout", "-fingerprint", "-sha1"],
        cwd=at,
        capture_output=True,
        check=True,
    ).stdout.decode()
    (keys / "trustlist.txt").write_text(finger.partition("=")[2].strip() + " S relax\n")
    env = {**os.environ, "GNUPGHOME": str(keys)}
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env, check=False)
    gpgsm = ["gpgsm", "--batch", "--no-tty", "--pinentry-mode", "loopback"]
    subprocess.run(
        [*gpgsm, "--passphrase-fd", "0", "--import", str(at / "ann.p12")],
        env=env,
        input=b"x\n",
        capture_output=True,
        check=False,
    )
    subprocess.run(
        [*gpgsm, "--disable-crl-checks", "--import", str(at / "ca.pem")],
        env=env,
        capture_output=True,
        check=False,
    )
    return at


def cms(at: Path, *words: str, data: bytes = TEXT) -> bytes:
    (at / "in").write_bytes(data)
    command = ["openssl", "cms", *words, "-binary", "-in", "in", "-outform", "DER"]
    done = subprocess.run(command, cwd=at, capture_output=True, check=True)
    return done.stdout


SIGN = ("-sign", "-signer", "ann.pem", "-inkey", "ann.key", "-certfile", "ca.pem")


def test_a_detached_smime_signature_is_checked(certificates: Path) -> None:
    made = cms(certificates, *SIGN)
    good = verify(TEXT, made, SMIME, ANN)
    assert good.state in (State.GOOD, State.UNTRUSTED)
    assert not good.warning
    assert verify(TEXT + b"x", made, SMIME, ANN).state is State.BAD


def test_a_certificate_that_names_the_sender_in_words_is_another(
    certificates: Path,
) -> None:
    """Whoever issues certificates vouches for an address, not for every name."""

    def run(*words: str) -> None:
        subprocess.run(words, cwd=certificates, check=True, capture_output=True)

    (certificates / "bad.ext").write_text("keyUsage=digitalSignature\n")
    new = "openssl req -newkey rsa:2048 -nodes -keyout bad.key -out bad.csr -subj"
    run(*new.split(), f"/CN={ANN}/emailAddress=mallory@example.net")
    run(
        *"openssl x509 -req -days 9 -in bad.csr -CA ca.pem -CAkey ca.key".split(),
        *"-CAcreateserial -extfile bad.ext -out bad.pem".split(),
    )
    by = "-sign -signer bad.pem -inkey bad.key -certfile ca.pem".split()
    found = verify(TEXT, cms(certificates, *by), SMIME, ANN)
    assert found.warning
    assert "NOT THE SENDER" in found.sentence


def test_nobody_is_asked_to_trust_an_authority_because_a_mail_came(
    certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(tempfile.mkdtemp(prefix="gh-", dir="/tmp"))
    asked = home / "asked"
    program = home / "pinentry"
    program.write_text(f"#!/bin/sh\ntouch {asked}\n")
    program.chmod(0o700)
    (home / "gpg-agent.conf").write_text(
        f"pinentry-program {program}\nallow-mark-trusted\n"
    )
    (home / "trustlist.txt").write_text("")
    monkeypatch.setenv("GNUPGHOME", str(home))
    try:
        detached = verify(TEXT, cms(certificates, *SIGN), SMIME, ANN)
        opaque = cms(certificates, *SIGN, "-nodetach")
        opened = decrypt(opaque, SMIME, ANN, signed=True)
        assert not asked.exists()
    finally:
        end(home)
    assert detached.state is State.UNTRUSTED
    assert opened.verdict.state is State.UNTRUSTED


def test_an_opaque_smime_message_is_unwrapped(certificates: Path) -> None:
    made = cms(certificates, *SIGN, "-nodetach")
    opened = decrypt(made, SMIME, ANN, signed=True)
    assert opened.octets == TEXT
    assert opened.verdict.state in (State.GOOD, State.UNTRUSTED)


def test_an_opaque_message_is_no_signature_of_another(certificates: Path) -> None:
    made = cms(certificates, *SIGN, "-nodetach")
    assert verify(TEXT + b"x", made, SMIME, ANN).state is State.NOT_CHECKED


def test_an_enveloped_smime_message_is_opened(certificates: Path) -> None:
    made = cms(certificates, "-encrypt", "-aes256", "-recip", "ann.pem")
    locked = decrypt(made, SMIME, ANN)
    assert locked.octets == b""
    assert "unlock it" in locked.verdict.sentence
    # As somebody would in another terminal.
    command = "gpgsm --batch --no-tty --pinentry-mode loopback --passphrase-fd 0"
    (certificates / "sealed").write_bytes(made)
    subprocess.run(
        [*command.split(), "--decrypt", "sealed"],
        cwd=certificates,
        input=b"x\n",
        capture_output=True,
        check=True,
    )
    opened = decrypt(made, SMIME, ANN)
    assert opened.octets == TEXT
    assert opened.verdict.state is State.DECRYPTED


def test_an_enveloped_message_for_somebody_else_says_that_no_key_opens_it(
    certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cms(certificates, "-encrypt", "-aes256", "-recip", "ann.pem")
    home = Path(tempfile.mkdtemp(prefix="gh-", dir="/tmp"))
    monkeypatch.setenv("GNUPGHOME", str(home))
    try:
        found = decrypt(made, SMIME, ANN)
    finally:
        end(home)
    assert found.octets == b""
    assert "no key here that opens it" in found.verdict.sentence
    assert "unlock" not in found.verdict.sentence


def test_what_an_smime_file_is_stands_in_the_file(certificates: Path) -> None:
    signed = cms(certificates, *SIGN, "-nodetach")
    sealed_ = cms(certificates, "-encrypt", "-aes256", "-recip", "ann.pem")
    for label in ("", "signed-data", "enveloped-data"):
        assert is_signed(signed, label)
        assert not is_signed(sealed_, label)
    assert is_signed(b"no CMS at all", "")
    assert not is_signed(b"no CMS at all", "enveloped-data")
