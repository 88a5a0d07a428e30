"""Links lead where they say, or a sentence says that they do not."""

from __future__ import annotations

import pytest

from tests.mail.cost import grows_linearly
from tuimail.mail.html import render_html
from tuimail.mail.links import LINKS_MAX, Links, doubt, split_tail


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("https://evil.example/", "https://bank.example"),
        ("https://evil.example/", "bank.example/login"),
        ("https://evil.example/", "WWW.Bank.example"),
        ("https://evil.example/", "please open https://bank.example now"),
        ("https://bank.example.evil.example/", "https://bank.example"),
        ("https://notbank.example/", "bank.example"),
        ("https://bank.example@evil.example/", "click"),
        ("https://bank.example@evil.example/", "bank.example"),
        ("https://bank.example\\@evil.example/", "evil.example"),
        ("http://127.0.0.1/", "click"),
        ("http://[::1]/", "click"),
        ("http://2130706433/", "click"),
        ("http://xn--pple-43d.com/", "click"),
        ("http://\u0430pple.com/", "click"),
        ("http:///x", "click"),
        ("http://[bad", "click"),
        ("https:evil.example", "click"),
        ("mailto:evil@x.example", "boss@corp.example"),
    ],
)
def test_a_link_that_is_not_what_it_says_is_doubted(target: str, text: str) -> None:
    assert doubt(target, text) != ""


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("https://bank.example/login", "https://bank.example"),
        ("https://www.bank.example/", "bank.example"),
        ("https://shop.bank.example/", "www.bank.example"),
        ("https://bank.example/", "Read more. Now"),
        ("https://bank.example/", "Version 2.0.1"),
        ("https://bank.example:8443/", "click"),
        ("mailto:ann@x.example?subject=y", "Ann@X.example"),
        ("mailto:ann@x.example", "write to us"),
    ],
)
def test_an_honest_link_is_not_doubted(target: str, text: str) -> None:
    assert doubt(target, text) == ""


def test_the_doubt_names_both_hosts() -> None:
    said = doubt("https://evil.example/", "bank.example")
    assert said == "The text says bank.example, but it leads to evil.example."


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "jav\tascript:alert(1)",
        " \x01javascript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "smb://x.example/y",
        "/relative",
        "#top",
        "-remote-debugging-port=1",
        "",
    ],
)
def test_other_schemes_are_not_offered(target: str) -> None:
    links = Links()
    assert (links.add(target, "x"), links.found) == (0, [])


def test_blanks_and_controls_in_a_target_do_not_count() -> None:
    links = Links()
    links.add(" https://a.example/\r\n x\x1b ", "x")
    assert links.found[0].target == "https://a.example/x"


def test_what_a_browser_would_complete_is_completed() -> None:
    links = Links()
    links.add("//a.example/", "x")
    links.add("www.b.example", "y")
    assert [link.target for link in links.found] == [
        "https://a.example/",
        "http://www.b.example",
    ]


def test_a_lie_told_the_second_time_is_found() -> None:
    links = Links()
    links.add("https://evil.example/", "our page")
    links.add("https://evil.example/", "bank.example")
    assert [bool(link.warning) for link in links.found] == [True]


def test_a_later_honest_text_takes_no_warning_away() -> None:
    links = Links()
    links.add("https://evil.example/", "bank.example")
    links.add("https://evil.example/", "our page")
    assert links.found[0].warning != ""


def test_links_are_counted_to_an_end() -> None:
    links = Links()
    for number in range(LINKS_MAX + 10):
        links.add(f"https://a.example/{number}", "")
    assert len(links.found) == LINKS_MAX


@pytest.mark.parametrize(
    ("found", "url"),
    [
        ("http://a.b/c.", "http://a.b/c"),
        ("http://a.b/c),", "http://a.b/c"),
        ("http://a.b/(c)", "http://a.b/(c)"),
        ("http://a.b/(c)).", "http://a.b/(c)"),
        ("http://a.b/*_", "http://a.b/"),
    ],
)
def test_punctuation_behind_a_url_is_not_part_of_it(found: str, url: str) -> None:
    assert split_tail(found) == (url, found[len(url) :])


def test_a_link_in_html_is_followed_by_its_number() -> None:
    text = render_html("<a href=http://a.example/>here</a>, there", 40)
    shown = [(s.text, s.link) for line in text.lines for s in line]
    assert shown == [("here[1]", 1), (", there", 0)]


def test_a_link_without_anything_to_see_has_no_number_in_the_text() -> None:
    text = render_html("<a href=http://a.example/><b> </b></a>there", 40)
    assert [s.text for line in text.lines for s in line] == ["there"]
    assert len(text.links) == 1


def test_a_link_that_is_a_picture_is_named_by_it() -> None:
    text = render_html("<a href=http://a.example/><img alt=Logo></a>", 40)
    assert text.links[0].text == "Logo"


def test_a_picture_that_names_another_host_is_doubted() -> None:
    html = "<a href=http://evil.example/><img alt=bank.example></a>"
    assert render_html(html, 40).links[0].warning != ""


@pytest.mark.parametrize("piece", ["a.", "http://", "a@", "(", ")", "\\", "xn--"])
def test_a_link_is_looked_at_in_linear_time(piece: str) -> None:
    def work(size: int) -> None:
        long = piece * (size // len(piece))
        Links().add("http://" + long, long)
        split_tail(long)

    assert grows_linearly(work, 400_000)
