"""Links lead where they say, or a sentence says that they do not."""

from __future__ import annotations

import pytest

from tests.mail.cost import grows_linearly
from tuimail.mail.html import render_html
from tuimail.mail.link_doubts import doubt
from tuimail.mail.links import LINKS_MAX, Links, split_tail


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


EVIL, BANK = "https://evil.example/", "https://bank.example"
ONCE = "https://a.example/?u=https%3A%2F%2Fb.example%2F"
THRICE = (
    "https://a.example/?u=https%3A%2F%2Fb.example%2F%3Fu%3Dhttps%253A%252F%252F"
    "c.example%252F%253Fu%253Dhttp%25253A%25252F%25252Fevil.example%25252F"
)
VECTORS = [
    (EVIL, BANK, "The text says bank.example, but it leads to evil.example."),
    (EVIL, "shop.bank.co.uk", "The text says shop.bank.co.uk, but"),
    ("https://evil.co.uk/", "bank.co.uk", "The text says bank.co.uk, but"),
    ("https://evil.github.io/", "bank.github.io", "The text says bank.github.io, but"),
    (ONCE, BANK, "leads to a.example, which may pass on to b.example."),
    (f"{BANK}@evil.example/", "x", "What stands before @ is no host; it leads to evil"),
    ("https://evil.example:4444/", "x", "a port that is not usual: 4444."),
    ("http://127.0.0.1/", "x", "It leads to a bare address: 127.0.0.1."),
    ("http://127.1/", "x", "bare address: 127.0.0.1, written as 127.1."),
    ("http://2130706433/", "x", "bare address: 127.0.0.1, written as 2130706433."),
    ("http://0177.0.0.1/", "x", "bare address: 127.0.0.1, written as 0177.0.0.1."),
    ("http://0x7f.0x0.1/", "x", "bare address: 127.0.0.1, written as 0x7f.0x0.1."),
    ("http://0x7F000001/", "x", "bare address: 127.0.0.1, written as 0x7f000001."),
    ("http://\uff11\uff12\uff17.0.0.1/", "x", "It leads to a bare address: 127.0.0.1"),
    ("http://127.0.0.1:8081/", "x", "bare address: 127.0.0.1. It uses a port"),
    ("http://[::1]/", "x", "It leads to a bare address: [::1]."),
    ("http://[0:0::1]:80/", "x", "bare address: [::1], written as [0:0::1]."),
    (
        "http://xn--pple-43d.com/",
        "x",
        "mixes alphabets: \u0430pple.com is xn--pple-43d",
    ),
    ("http://\u0430pple.com/", "x", "mixes alphabets: \u0430pple.com is xn--"),
    (
        "http://b\u00fccher.de/",
        "x",
        "in ASCII: b\u00fccher.de is xn--bcher-kva.de.",
    ),
    (
        "http://\uff45vil.com/",
        "x",
        "is not in ASCII: \uff45vil.com is evil.com.",
    ),
    ("http://evil\u3002com/", "bank.com", "bank.com, but it leads to evil.com."),
    (THRICE, "x", "It goes by 3 other addresses, at last to evil.example."),
    (
        "http://a.com%2f@b.com",
        "x",
        "before @ is no host; it leads to b.com.",
    ),
    ("http://%65vil.example/", "x", "written to be misread; it leads to evil.example."),
    ("https://evil.example\\@bank.example/", "x", "misread; it leads to evil.example."),
    ("https:\\\\evil.example/", "x", "misread; it leads to evil.example."),
    ("https:evil.example", "x", "written to be misread; it leads to evil.example."),
    ("http:///evil.example", "x", "written to be misread; it leads to evil.example."),
    ("http://router/", "x", "It leads into your own network: router."),
    ("http://nas.local/", "x", "It leads into your own network: nas.local."),
    ("http://[bad", "x", "The address of this link is malformed."),
    ("http://", "x", "The address of this link is malformed."),
    ("http://a b.com/", "x", "The address of this link is malformed."),
    ("http://x/$(touch${IFS}/tmp/p)", "x", "It leads into your own network: x."),
]


@pytest.mark.parametrize(("target", "text", "said"), VECTORS)
def test_what_is_said_against_a_link(target: str, text: str, said: str) -> None:
    assert said in doubt(target, text)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("https://mail.bank.co.uk/", "www.bank.co.uk"),
        ("https://docs.evil.example/", "report.pdf"),
        ("https://nodejs.example/", "Node.js"),
        ("https://a.example:443/?q=http", "a.example"),
        (ONCE, "read more"),
        ("HTTPS://Bank.Example/", "bank.example"),
    ],
)
def test_what_many_honest_links_do_is_not_doubted(target: str, text: str) -> None:
    assert doubt(target, text) == ""


@pytest.mark.parametrize(
    ("target", "kept", "said"),
    [
        ("http://ex\u200bample.com/", "http://example.com/", "cannot be seen"),
        ("http://a.com/\u202egpj.exe", "http://a.com/gpj.exe", "cannot be seen"),
        ("http://a.com/\x00b", "http://a.com/b", "cannot be seen"),
        ("http://a.com/" + "b" * 100_000, None, "too long; the end"),
    ],
)
def test_a_target_that_was_cleaned_or_cut_says_so(
    target: str, kept: str | None, said: str
) -> None:
    links = Links()
    links.add(target, "x")
    assert said in links.found[0].warning
    assert len(links.found[0].target) == 8000 if kept is None else True
    assert kept is None or links.found[0].target == kept


def test_a_base_completes_no_link() -> None:
    html = "<base href=https://evil.example/><a href=/x>x</a>"
    assert render_html(html, 40).links == ()


@pytest.mark.parametrize(
    "target", ["data:text/html,x", "file:///etc/passwd", "smb://a/b", "vbscript:x"]
)
def test_a_refused_kind_is_counted(target: str) -> None:
    links = Links()
    links.add(target, "x")
    assert links.refused == 1


@pytest.mark.parametrize("target", ["/x", "#top", "tel:+37", "cid:a@b", "", "{{url}}"])
def test_what_is_only_not_offered_is_not_counted(target: str) -> None:
    links = Links()
    links.add(target, "x")
    assert links.refused == 0


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


def test_a_link_without_anything_to_see_is_not_offered() -> None:
    text = render_html("<a href=http://a.example/><b> </b></a>there", 40)
    assert [s.text for line in text.lines for s in line] == ["there"]
    assert text.links == ()


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
