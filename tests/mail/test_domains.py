"""Domains as identities: who may speak for whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.domains import (
    aligned,
    ascii_domain,
    domain_of,
    organisation,
    private,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Example.ORG.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("localhost", ""),
        ("x dmarc=pass", ""),
        ("a..b", ""),
        ("a" * 64 + ".example", ""),
        ("\x1b[2J.example", ""),
        ("", ""),
    ],
)
def test_a_domain_is_written_in_one_way(text: str, expected: str) -> None:
    assert ascii_domain(text) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ann@example.org", "example.org"),
        ("@example.org", "example.org"),
        ("<ann@example.org>", "example.org"),
        ("example.org", "example.org"),
        ("ann@example.org@evil.example", ""),
        ("", ""),
    ],
)
def test_the_domain_of_an_address(address: str, expected: str) -> None:
    assert domain_of(address) == expected


@pytest.mark.parametrize(
    ("domain", "author"),
    [
        ("example.org", "example.org"),
        ("example.org", "news.example.org"),
        ("bounces.example.org", "example.org"),
        ("a.example.org", "b.example.org"),
        ("a.example.co.uk", "b.example.co.uk"),
        ("mail.gmx.de", "gmx.de"),
        ("mx1.web.de", "mx2.web.de"),
    ],
)
def test_domains_of_one_organisation_are_aligned(domain: str, author: str) -> None:
    assert aligned(domain, author)


@pytest.mark.parametrize(
    ("domain", "author"),
    [
        ("", "example.org"),
        ("example.org", ""),
        ("", ""),
        ("evil.example", "example.org"),
        ("example.org.evil.example", "example.org"),
        ("badexample.org", "example.org"),
        ("evil.co.uk", "bank.co.uk"),
        ("evil.com.au", "bank.com.au"),
        ("evil.xyz.br", "bank.xyz.br"),
        ("evil.com.de", "bank.com.de"),
        ("evil.github.io", "bank.github.io"),
        ("evil.dyndns.org", "dyndns.org"),
        ("co.uk", "bank.co.uk"),
    ],
)
def test_domains_of_others_are_not_aligned(domain: str, author: str) -> None:
    assert not aligned(domain, author)


def test_a_registered_name_is_the_organisation() -> None:
    assert organisation("mx.example.net") == "example.net"
    assert organisation("mx.a.co.jp") == "a.co.jp"
    assert organisation("host") == "host"


def test_hosts_without_a_public_name_are_private() -> None:
    assert private("localhost")
    assert private("mx1.internal")
    assert not private("mx.example.net")


@given(st.text(max_size=300))
def test_what_is_a_domain_stays_one(text: str) -> None:
    found = ascii_domain(text)
    assert found.isascii()
    assert ascii_domain(found) == found
