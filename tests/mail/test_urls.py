"""Links that are given to a browser, and those that are not."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.sanitize import is_safe
from tuimail.mail.urls import NOWHERE, URL_MAX, address


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("https://a.example/x?a=1&b=2;c#d", "https://a.example/x?a=1&b=2;c#d"),
        ("HTTPS://A.Example", "https://a.example/"),
        ("  https://a.example/\n", "https://a.example/"),
        ("https://a.example/%2f%20x", "https://a.example/%2f%20x"),
        ("http://a.example:8080/", "http://a.example:8080/"),
        ("http://[::1]/", "http://[::1]/"),
        ("http://10.0.0.1/", "http://10.0.0.1/"),
        ("https://a.example?q", "https://a.example/?q"),
        ("https://a.example/a b", "https://a.example/a%20b"),
        ("https://a.example/$(touch${IFS}x)", "https://a.example/%24%28touch%24%7BIFS%7Dx%29"),
        ("https://a.example/`id`|'\"<>", "https://a.example/%60id%60%7C%27%22%3C%3E"),
        ("https://a.example/ü", "https://a.example/%C3%BC"),
        ("https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        ("https://good.example@evil.example/", "https://good.example@evil.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
        ("https://a.example/\ud800", "https://a.example/%3F"),
    ],
)  # fmt: skip
def test_an_address_is_made_fit_for_a_browser(target: str, url: str) -> None:
    assert address(target).url == url


@pytest.mark.parametrize(
    "target",
    [
        "",
        "-remote-debugging-port=1",
        " -https://a.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "jav\tascript:alert(1)",
        "data:text/html,x",
        "smb://a.example/x",
        "mailto:a@a.example",
        "https:/a.example",
        "https://",
        "https:///x",
        "https://a b.example/",
        "https://$(id).example/",
        "https://a..example/",
        "https://a.example:99999999/",
        "https://a.example:80x/",
        "http://a\u2100b.example/",
        "https://ex\u200bample.com/",
        "http://a.com%2f@b.com%2f/",
        "https://a.example/" + "x" * URL_MAX,
    ],
)
def test_what_is_no_address_of_the_web_is_not_opened(target: str) -> None:
    assert address(target) == NOWHERE


def test_a_host_is_shown_in_both_its_forms() -> None:
    found = address("https://xn--80ak6aa92e.com/")
    assert (found.host, found.decoded) == ("xn--80ak6aa92e.com", "аррӏе.com")
    assert address("https://а.com/").host == "xn--80a.com"
    assert address("https://a.example/").decoded == ""


PLAIN = re.compile(r"https?://[A-Za-z0-9._~:/?#@!*+,;=&%\[\]-]+")


@given(
    st.text(max_size=60), st.sampled_from(["", "http://", "https://a.b/", "https://"])
)
def test_whatever_a_link_says_its_address_is_plain(tail: str, head: str) -> None:
    found = address(head + tail)
    assert is_safe(found.host)
    assert is_safe(found.decoded)
    if found != NOWHERE:
        assert PLAIN.fullmatch(found.url)
        assert urlsplit(found.url).hostname == found.host.strip("[]")


@pytest.mark.parametrize("piece", ["a.", "@", "https://a", "\\", "ü.", "a@"])
def test_no_link_takes_long(piece: str) -> None:
    def work(size: int) -> None:
        address("https://" + (piece * size)[: URL_MAX - 10])

    assert grows_linearly(work, URL_MAX)
