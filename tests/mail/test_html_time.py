"""HTML made to take long is cut before it does."""

from __future__ import annotations

import time

import pytest

from tests.mail.cost import cost
from tuimail.mail.html import render_html
from tuimail.mail.html_bounds import CUT, LONG, TAGS_MAX, bounded

SIZE = 1_000_000
LIMIT_S = 6
"""Measured: the worst takes 2 s. The rest is for a busy machine; what is quadratic
takes minutes."""
FORMATTING = "".join(
    f"<{tag} id=x{n}>" for n in range(60) for tag in ("b", "i", "u", "font")
)
ATTACKS = {
    "open tag": "<a ",
    "open comment": "<!--",
    "open declaration": "<![",
    "attributes": "<p a=b c=d ",
    "style": "<style>",
    "entities": "&#27;",
    "div": "<div>",
    "blockquote": "<blockquote>",
    "table": "<table>",
    "nested tables": "<table><tr><td>",
    "links in tables": "<a href=http://x.example/><table><tr><td>y",
    "list": "<ul><li>",
    "items": "<li>x",
    "rows": "<tr><td>x<td>y",
    "cells": "<td>x",
    "formatting": "<font color=a><p>",
    "links": "<a href=http://x.example/y>z",
    "crossed": "<b><i></b>x",
    "breaks": "x<br>",
    "images": "<img alt=x>",
    "forms": "<form><button>",
    "foreign": "<svg><math>",
    "hidden": "<p style='display:none'>x",
    "styles": "<style>.a{display:none}</style>",
    "ends": "</p>",
    "columns": "<div style='float:left;width:50%'>x<br>y</div>",
    "columns in columns": "<div style='float:left;width:50%'>x",
    "labels": "<table><tr><td>x<td>",
    "headings": "<table><tr><th>a<th>b<tr><td>x y z<td>",
    "pictures beside": "<tr><td><img alt=x><td>y<br>z",
}


def page(piece: str, before: str = "") -> str:
    return (before + piece * (SIZE // len(piece)))[:SIZE]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_megabyte_of_one_thing_does_not_take_long(attack: str) -> None:
    begun = time.process_time()
    render_html(page(ATTACKS[attack]), 80)
    assert time.process_time() - begun < LIMIT_S


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        ("<table>", "<tr><td>x<td>y"),
        ("<table><tr>", "<td>x"),
        ("<table><tr>", "<td><img alt=x><td>y<br>z"),
        ("<table><tr><th>a<th>b", "<tr><td>" + "x" * 99 + "<td>" + "y" * 99),
        ("<table><tr><td>x<td>" * 250, "y<br>"),
        ("<table>", "x<b>y</b>"),
        ("<table><tr><td>" * 250, "x<br>"),
        ("<table><tr><td>" * 250, "<table><tr><td>x<td>y</table>"),
        ("<blockquote>" * 250, "x y z "),
        (FORMATTING, "<p>x"),
        (FORMATTING, "<div>x</div>"),
        ("<pre>", "x\n"),
        ("<pre>", "<b>x</b>"),
        ("<div style='display:none'>", "x "),
        ("<style>", ".a{display:none}"),
        ("<style>", "{"),
        ("<style>.q{display:none}</style>", "<p class='a b c d e f'>x"),
    ],
)
def test_a_megabyte_within_something_does_not_take_long(
    before: str, piece: str
) -> None:
    assert cost(lambda: render_html(page(piece, before), 80)) < LIMIT_S


def test_what_was_cut_is_said() -> None:
    assert bounded("<div>" * 5000)[1] == (CUT,)
    assert bounded("x" * 2_000_000)[1] == (LONG,)
    assert bounded("<p>" * (TAGS_MAX + 2))[1] == (CUT,)


def test_what_comes_before_the_cut_is_shown() -> None:
    text = render_html("<p>first" + "<div>" * 5000 + "last", 80)
    assert [line[0].text for line in text.lines] == ["first"]


@pytest.mark.parametrize(
    "html",
    [
        "<table>" + "<tr><td>a<td>b" * 5000,
        "<p>x" * 10_000,
        "<ul>" + "<li>x" * 10_000,
        "<dl>" + "<dt>x<dd>y" * 5000,
        "<br>" * 20_000,
        "<b>x</b>" * 10_000,
        "<div><blockquote>" * 100 + "x",
        "<table><tr><td>" * 40 + "x",
    ],
)
def test_what_honest_mail_does_is_not_cut(html: str) -> None:
    assert bounded(html) == (html, ())
