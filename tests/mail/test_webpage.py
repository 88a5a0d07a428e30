"""A mail as a page for the browser: nothing in it runs or asks for anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.webpage import private_page


@pytest.mark.parametrize(
    "page",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=https://x.example/></SCRIPT>",
        '<meta http-equiv="refresh" content="0;url=https://x.example/">',
        '<base href="https://x.example/">',
        '<link rel=stylesheet href="https://x.example/">',
        '<iframe src="https://x.example/"></iframe>',
        '<form action="https://x.example/"><input name=a></form>',
        '<object data="https://x.example/"></object>',
        '<svg><script href="https://x.example/"/></svg>',
        '<video src="https://x.example/"></video>',
    ],
)
def test_what_runs_or_asks_by_itself_is_taken_out(page: str) -> None:
    made = private_page(f"<p>hello{page}</p>")
    assert "x.example" not in made
    assert "alert" not in made
    assert "hello" in made


def test_pictures_come_from_elsewhere_only_when_that_was_asked_for() -> None:
    page = '<img src="https://x.example/1.png">'
    assert "img-src data:;" in private_page(page)
    assert "img-src data: https: http:;" in private_page(page, remote=True)


@given(st.text(), st.booleans())
def test_the_policy_stands_before_all_of_the_page(page: str, remote: bool) -> None:
    made = private_page(page, remote=remote)
    policy = made.index("Content-Security-Policy")
    assert made.startswith("<!DOCTYPE html><meta charset")
    assert made[policy:].count("default-src 'none'") >= 1
    assert "<script" not in made.lower()
