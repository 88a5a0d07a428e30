"""Authentication-Results: only a trusted server's word counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.authentication import (
    Verdict,
    candidate,
    read_instance,
    results,
)
from tuimail.mail.headers import raw_fields
from tuimail.mail.sanitize import is_safe

MX = "mx.example.net"
OWN = "Received: from a.example (a.example [192.0.2.1]) by mx.example.net with ESMTP"
PASS = f"Authentication-Results: {MX}; dmarc=pass header.from=bank.example"
EVIL = "Authentication-Results: evil.example; dmarc=pass header.from=bank.example"
OTHER_MX = "Received: from b.example by relay.other.example with ESMTP"


def judged(*lines: str, trusted: str = MX, author: str = "bank.example") -> Verdict:
    return results(raw_fields("\r\n".join(lines).encode()), trusted, author)


def said(value: str, author: str = "bank.example") -> Verdict:
    return judged(f"Authentication-Results: {MX}; {value}", author=author)


NOTHING = Verdict()


# -- which fields count ------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (PASS,),
        (OWN, PASS),
        (PASS, OWN),
        (OWN.replace("mx.example.net", "2002:a05:6402::"), PASS),
        (OWN.replace("mx.example.net", "[192.0.2.9]"), PASS),
        (OWN.replace("mx.example.net", "store7.example.net"), OWN, PASS),
        (OWN.replace("mx.example.net", "compute1.internal"), OWN, PASS),
        ("Received: (qmail 123 invoked by uid 0); 1 Jan 2026 00:00:00 -0000", PASS),
        (PASS.replace(MX, "MX.Example.NET"),),
        (PASS.replace(MX, f'"{MX}"'),),
        (PASS.replace(MX, f"(a (nested) comment) {MX} 1"),),
        (PASS.replace(": ", ":\r\n\t"),),
        (PASS.replace("dmarc=pass", "dmarc / 1 = pass").replace("r.f", "r . f"),),
        (PASS.replace("dmarc=pass", '\r\n DMARC=Pass (p="none") reason="fine; a"'),),
        (EVIL, PASS),
    ],
)
def test_the_trusted_servers_word_counts(lines: tuple[str, ...]) -> None:
    verdict = judged(*lines)
    assert verdict.sentence == f"Passed DMARC for bank.example, checked by {MX}."
    assert not verdict.warning


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (OWN, EVIL),
        (OTHER_MX, PASS),
        (OWN, OTHER_MX, PASS),
        (PASS.replace(MX, f"({MX}) evil.example"),),
        (PASS.replace(MX, f"evil.example ({MX})"),),
        (PASS.replace(MX, f"{MX}.evil.example"),),
        (PASS.replace(MX, f"{MX} evil"),),
        (PASS.replace(MX, f"{MX} 2"),),
        (PASS.replace(MX, f"evil.example; {MX}"),),
        (PASS.replace(MX, f"{MX} = x"),),
        (PASS.replace(MX, f"x-{MX}"),),
        (PASS.replace(f"{MX};", ""),),
        (PASS.replace("Auth", "X-Original-Auth"),),
        ("Received-SPF: pass", "X-Spam-Status: No", "X-Gmail-Labels: ok"),
        (PASS + " (never closed",),
        (PASS + ' header.x="never closed',),
        (PASS + " )",),
        (PASS + "; and more words",),
        (PASS.replace("dmarc", "dmarc/2"),),
        (PASS.replace("dmarc=pass", "=pass"),),
    ],
)
def test_other_fields_count_for_nothing(lines: tuple[str, ...]) -> None:
    assert judged(*lines) == NOTHING


def test_nothing_is_said_when_no_server_is_trusted() -> None:
    assert judged(PASS, trusted="") == NOTHING
    assert judged(PASS.replace(MX + ";", ""), trusted="") == NOTHING


def test_a_star_trusts_all_servers_of_a_domain_and_no_others() -> None:
    assert judged(PASS, trusted="*.example.net").sentence
    assert judged(PASS.replace(MX, "badexample.net"), trusted="*.example.net") == (
        NOTHING
    )


def test_a_field_forged_below_the_real_one_changes_nothing() -> None:
    real = f"Authentication-Results: {MX}; dmarc=fail header.from=bank.example"
    assert judged(OWN, real, PASS) == judged(OWN, real)
    assert judged(OWN, real, PASS).warning


def test_a_client_that_calls_itself_by_is_no_server() -> None:
    odd = "Received: from by (mx.example.net) by relay.other.example; now"
    assert judged(odd, PASS) == NOTHING


def test_fields_of_one_server_are_read_together() -> None:
    verdict = judged(
        f"Authentication-Results: {MX}; spf=pass smtp.mailfrom=a@bank.example",
        OWN,
        f"Authentication-Results: {MX}; dkim=pass header.d=bank.example",
    )
    assert verdict.sentence == (
        f"DKIM and SPF passed for bank.example, checked by {MX}."
    )


# -- what they say -----------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "warning", "sentence"),
    [
        (
            "dmarc=fail (p=none) header.from=bank.example; dkim=none",
            True,
            "FAILED DMARC: nothing proves that it is from bank.example, says MX.",
        ),
        (
            "dmarc=fail header.from=bank.example; arc=pass (i=1)",
            True,
            "FAILED DMARC: nothing proves that it is from bank.example, though a"
            " forwarder's seal (ARC) passed, says MX.",
        ),
        (
            "dmarc=pass header.from=bank.example; dmarc=fail header.from=bank.example",
            True,
            "FAILED DMARC: nothing proves that it is from bank.example, says MX.",
        ),
        (
            "dmarc=pass header.from=evil.example",
            True,
            "DMARC passed, but for evil.example, not for the sender's domain.",
        ),
        ("dmarc=pass", False, "DMARC passed, but MX does not say for whom."),
        (
            "dmarc=pass header.from=bank.example; spf=pass smtp.mailfrom=evil.example;"
            " dkim=none",
            True,
            "The checks by MX contradict each other; none counts.",
        ),
        (
            "dkim=pass header.d=mailer.example",
            True,
            "DKIM passed, but for mailer.example, not for the sender's domain.",
        ),
        (
            "dkim=fail header.d=mailer.example; dkim=pass header.i=@bank.example",
            False,
            "DKIM passed for bank.example, checked by MX.",
        ),
        (
            "spf=pass (domain of x@evil.example) smtp.mailfrom=x@evil.example",
            True,
            "SPF passed, but for evil.example, not for the sender's domain.",
        ),
        (
            'spf=pass smtp.mailfrom="x dmarc=pass header.from=bank.example"',
            False,
            "SPF passed, but MX does not say for whom.",
        ),
        (
            'spf=none smtp.mailfrom="x; dmarc=pass header.from=bank.example"@e.example',
            False,
            "Nothing shows whether it is from bank.example, says MX.",
        ),
        (
            "spf=none (x; dmarc=pass header.from=bank.example) smtp.helo=e.example",
            False,
            "Nothing shows whether it is from bank.example, says MX.",
        ),
        (
            "spf=pass smtp.mailfrom=a@bank.example@evil.example",
            False,
            "SPF passed, but MX does not say for whom.",
        ),
        (
            'spf=pass smtp.mailfrom="" smtp.helo=mail.bank.example',
            False,
            "SPF passed for mail.bank.example, checked by MX.",
        ),
        (
            "spf=hardfail smtp.mail=a@bank.example",
            True,
            "FAILED SPF for bank.example, says MX.",
        ),
        (
            "spf=softfail smtp.mailfrom=a@bank.example; dkim=none",
            True,
            "FAILED SPF for bank.example (softly), says MX.",
        ),
        (
            "dkim=fail (bad signature); spf=none",
            True,
            "FAILED DKIM, says MX.",
        ),
        (
            "dmarc=none header.from=bank.example; dkim=temperror; spf=neutral",
            False,
            "Nothing shows whether it is from bank.example, says MX.",
        ),
        ("dkim=passed header.d=bank.example; spf=yes", False, ""),
        ("none", False, ""),
        ("x-method=pass header.from=bank.example", False, ""),
    ],
)
def test_one_sentence_says_what_was_found(
    value: str, warning: bool, sentence: str
) -> None:
    verdict = said(value)
    assert verdict.sentence == sentence.replace("MX", MX)
    assert verdict.warning == warning


def test_each_method_keeps_its_domain_and_alignment() -> None:
    verdict = said(
        "spf=pass smtp.mailfrom=x@mailer.example; dkim=pass header.d=bank.example;"
        " dkim=fail header.d=list.example; dmarc=pass header.from=bank.example"
    )
    assert [(e.method, e.result, e.domain, e.aligned) for e in verdict.results] == [
        ("dmarc", "pass", "bank.example", True),
        ("dkim", "pass", "bank.example", True),
        ("dkim", "fail", "list.example", False),
        ("spf", "pass", "mailer.example", False),
    ]
    assert [each.domain for each in verdict.of("spf")] == ["mailer.example"]


def test_domains_in_letters_and_in_a_labels_are_the_same() -> None:
    verdict = said("dmarc=pass header.from=xn--bcher-kva.example", "bücher.example")
    assert verdict.sentence.startswith("Passed DMARC")


def test_without_a_senders_domain_nothing_is_passed() -> None:
    assert said("dmarc=pass header.from=bank.example", "").warning


# -- whom to trust -----------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((OWN, PASS), MX),
        ((OWN, PASS, EVIL), MX),
        ((OWN, EVIL), ""),
        ((OTHER_MX, OWN, PASS), ""),
        (("Authentication-Results: spf=pass smtp.mailfrom=x", PASS), MX),
        (("Authentication-Results: a b c; spf=pass", PASS), MX),
        (("Authentication-Results: \x1b[2Jx; spf=pass",), ""),
        ((OWN,), ""),
    ],
)
def test_the_topmost_server_is_proposed(lines: tuple[str, ...], expected: str) -> None:
    assert candidate(raw_fields("\r\n".join(lines).encode())) == expected


# -- hostile ones ------------------------------------------------------------

WORDS = [MX, "dmarc", "=", "pass", ";", "(", ")", '"', "\\", ".", "/", " ", "\x1b", "é"]


@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join))
def test_any_field_is_read_and_what_is_shown_is_safe(value: str) -> None:
    field = (b"Authentication-Results", value.encode())
    verdict = results([field], MX, "bank.example")
    assert is_safe(verdict.sentence)
    assert candidate([field]).isascii()


@pytest.mark.parametrize(
    "piece", ["(", "()", '"', '"x" ', ". ", "a=", ";", "a=b ", "\\", "=", "dkim=pass;"]
)
def test_reading_takes_time_in_proportion_to_the_size(piece: str) -> None:
    def work(size: int) -> None:
        field = f"{MX}; " + piece * (size // len(piece))
        results([(b"Authentication-Results", field.encode())], MX, "bank.example")
        candidate([(b"Received", field.encode())])

    assert grows_linearly(work, 60_000)


# -- as the world writes them ------------------------------------------------


def _fields(corpora: Path) -> list[bytes]:
    found = []
    for path in corpora.rglob("*"):
        if path.is_file() and path.suffix not in {".html", ".md", ".json", ".out"}:
            with path.open("rb") as file:
                fields = raw_fields(file.read(256 * 1024))
            found += [v for n, v in fields if n.lower() == b"authentication-results"]
    return found


def test_real_fields_are_read(corpora: Path) -> None:
    """Measured: 259 of 260; the other one is of a version that nobody knows."""
    found = _fields(corpora)
    read = [each for each in map(read_instance, found) if each and each.said]
    assert len(found) >= 250
    assert len(read) >= 0.99 * len(found)
