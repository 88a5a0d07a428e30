"""HTML mail becomes text that reads well and says what it leaves out."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.html import render_html
from tuimail.mail.sanitize import is_safe
from tuimail.mail.types import RenderedText, Style
from tuimail.mail.wrap import line_cells


def lines(text: RenderedText) -> list[str]:
    return ["".join(span.text for span in line) for line in text.lines]


def show(html: str, width: int = 40) -> list[str]:
    return lines(render_html(html, width))


def style_of(html: str, word: str) -> Style:
    text = render_html(html, 80)
    return next(s.style for line in text.lines for s in line if word in s.text)


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>one<p>two", ["one", "", "two"]),
        ("<div>one</div><div>two</div>", ["one", "two"]),
        ("a<br>b<br><br>c", ["a", "b", "", "c"]),
        (" a \n  b <b> c </b>d", ["a b c d"]),
        ("<h1>Title</h1>text", ["Title", "", "text"]),
        ("<b>bo</b>ld", ["bold"]),
        ("a<hr>b", ["a", "─" * 32, "b"]),
        ("&lt;b&gt; &amp;copy; &copy;", ["<b> &copy; ©"]),
        ("<pre>\n a\n   b\n</pre>", [" a", "   b"]),
        ("<ul><li>a<li>b</ul>", ["• a", "• b"]),
        ("<ol><li>a<li>b</ol>", ["1. a", "2. b"]),
        ("<ul><li>a<ol><li>x</ol><li>b</ul>", ["• a", "  1. x", "• b"]),
        ("<blockquote>a<blockquote>b</blockquote>c</blockquote>d", None),
        ("<img alt='a cat' src=x>", ["[a cat]"]),
        ("<img src=x>", []),
        ("a<!-- b --><!--[if mso]>c<![endif]-->d", ["ad"]),
        ("<title>x</title><style>y</style><script>z</script>t", ["t"]),
        ("", []),
        ("<dl><dt>term<dd>what it is</dl>", ["term", "  what it is"]),
        ("<details><summary>s</summary>more</details>", ["s", "more"]),
        ("m<sup>2</sup> H<sub>2</sub>O<sup>x</sup>", ["m² H₂Ox"]),
        ("<ol start=7><li>a<li>b</ol>", ["7. a", "8. b"]),
        ("<p style='margin:0'>a</p><p style='margin:0'>b</p>", ["a", "b"]),
        (
            "<style>p{margin:0}</style><p>a<p>b<p style='margin:9px'>c",
            ["a", "b", "", "c"],
        ),
        (
            "<style>p.p1 {margin: 0.0px 0.0px}</style><p class=p1>a<p class=p1>b",
            ["a", "b"],
        ),
        ("<style>p{margin:0;padding:9px 0}</style><p>a<p>b", ["a", "", "b"]),
        ("<p>a</p><p>&nbsp;</p><p>&nbsp;</p><p>b</p>", ["a", "", "b"]),
        ("a<br><br><br><br>b", ["a", "", "b"]),
        ("a&nbsp;&nbsp; &nbsp;b", ["a b"]),
        ("<div>x:<br>&nbsp;&nbsp; y</div>", ["x:", "   y"]),
        ("a<span style='display:block'>b</span>c", ["a", "b", "c"]),
        (
            "<style>.n{display:block}</style><span class=n>9</span><span>men",
            ["9", "men"],
        ),
        ("<div style='display:inline'>a</div> <div style='display:inline'>b", ["a b"]),
        ("<div style='white-space:pre-wrap'>a\n  b</div>", ["a", "  b"]),
        ("<map><area alt=Sale href=http://a.example></map>", ["[Sale][1]"]),
        ("<xml><o:x>96</o:x></xml>a<o:p></o:p>", ["a"]),
    ],
)
def test_a_page_is_laid_out(html: str, shown: list[str] | None) -> None:
    expected = ["> a", ">", "> > b", ">", "> c", "", "d"] if shown is None else shown
    assert show(html) == expected


OUTLOOK = (
    "<p class=MsoNormal>Hello,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
    "<p class=MsoNormal>one line<o:p></o:p></p><p class=MsoNormal>next line</p>"
    "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm'>"
    "<p class=MsoNormal><b>From:</b> Ann</p></div></div>"
)


def test_what_outlook_writes_has_its_lines_and_the_rule_above_an_answer() -> None:
    rule = "─" * 32
    expected = ["Hello,", "", "one line", "next line", rule, "From: Ann"]
    assert show(OUTLOOK) == expected


def test_an_empty_line_within_a_quote_keeps_the_bars_of_both_sides() -> None:
    html = "<blockquote>a<blockquote><p>b<p>c</blockquote></blockquote>"
    assert show(html) == ["> a", ">", "> > b", "> >", "> > c"]


def test_an_entry_of_a_menu_stands_beside_the_next() -> None:
    html = "<ul><li style='display:inline'>a</li><li style='display:inline'>b</li></ul>"
    assert show(html) == ["a  b"]


def test_a_long_list_item_hangs_behind_its_mark() -> None:
    html = "<ol>" + "<li>x" * 9 + "<li>one two three four</ol>"
    assert show(html, 20)[-2:] == ["10. one two three", "    four"]


def test_a_quote_is_wrapped_within_its_bars() -> None:
    html = "<blockquote>one two three four five</blockquote>"
    assert show(html, 20) == ["> one two three four", "> five"]


@pytest.mark.parametrize(
    ("html", "style"),
    [
        ("<h2>x</h2>", Style.HEADING),
        ("<b>x</b>", Style.STRONG),
        ("<em>x</em>", Style.EMPHASIS),
        ("<code>x</code>", Style.CODE),
        ("<pre>x</pre>", Style.CODE),
        ("<a href='http://a.example'>x</a>", Style.LINK),
        ("<blockquote>x</blockquote>", Style.QUOTE1),
        ("<blockquote>" * 6 + "x", Style.QUOTE4),
        ("<blockquote><table><td>x", Style.QUOTE1),
        ("<div style='font-size:24px'>x", Style.HEADING),
        ("<div style='font-size:24px'><p style='font-size:14px'>x", Style.TEXT),
        ("<h2><span style='font-size:14px'>x", Style.HEADING),
        ("<div style='font-size:24px'>x" + "y" * 200, Style.TEXT),
        ("<span style='font-weight:700'>x", Style.STRONG),
        ("<b><span style='font-weight:normal'>x", Style.TEXT),
        ("<s>x</s>", Style.REMOVED),
        ("<small>x</small>", Style.SIGNATURE),
        ("<div class='email-footer'>x", Style.SIGNATURE),
        ("<table><td style='font-size:9px'>x", Style.SIGNATURE),
    ],
)
def test_elements_have_their_look(html: str, style: Style) -> None:
    assert style_of(html, "x") is style


# -- tables ------------------------------------------------------------------


def test_cells_of_one_line_stand_side_by_side_and_numbers_right() -> None:
    html = (
        "<table><tr><th>Item<th>Price<tr><td>Tea<td>3.50<tr><td>Coffee beans<td>12.00"
    )
    assert show(html) == ["Item          Price", "Tea            3.50",
                          "Coffee beans  12.00"]  # fmt: skip


def test_a_layout_table_is_dissolved() -> None:
    words = "words that fill a line"
    html = f"<table><tr><td><p>{words}<p>two</td><td>{words}</td></tr></table>"
    assert show(html) == [words, "", "two", "", words]


def test_cells_that_do_not_fit_stand_below_each_other() -> None:
    html = "<table><tr><td>one two three<td>four five six</table>"
    assert show(html, 20) == ["one two three", "four five six"]


def test_what_stands_around_a_table_keeps_its_place() -> None:
    html = "a<table><tr><td>b<br>c<td>d</table>e"
    assert show(html) == ["a", "", "b  d", "c", "", "e"]


def test_nested_layout_tables_leave_no_trace() -> None:
    html = "<table><tr><td>" * 20 + "x<br>y" + "</table>" * 20
    assert show(html) == ["x", "y"]


def test_a_table_within_a_layout_table_is_aligned() -> None:
    rows = "<tr><td>a<td>1<tr><td>bbb<td>22"
    html = f"<table><tr><td>top<br><table>{rows}</table></table>"
    assert show(html) == ["top", "", "a     1", "bbb  22"]


def test_a_table_in_a_quote_keeps_its_bars_once() -> None:
    html = (
        "<blockquote><table><tr><td>a<td>b<tr><td><ul><li>x<li>y</ul></table>"
        "<table><tr><td>p<br>q</table></blockquote>"
    )
    assert [line for line in show(html) if line != ">"] == [
        "> a  b",
        "> • x",
        "> • y",
        "> p",
        "> q",
    ]


def test_a_list_item_that_is_a_table_keeps_its_mark() -> None:
    assert show("<ol><li><table><tr><td>a<td>b</table></ol>")[0].strip() == "1."


def test_a_table_without_end_tags_is_shown_to_its_end() -> None:
    html = "<table>" + "<tr><td>a<td>b" * 2000 + "</table>tail"
    shown = show(html)
    assert (len(shown), shown[-1]) == (2002, "tail")


# -- what is hidden ----------------------------------------------------------


HIDDEN = [
    "<div style='display:none'>",
    "<div style='DISPLAY : NONE !important'>",
    "<div style='display:/* x */none'>",
    "<div style='visibility:hidden'>",
    "<div style='visibility: collapse'>",
    "<div style='opacity:0'>",
    "<div style='opacity: .01'>",
    "<div style='filter:alpha(opacity=0)'>",
    "<div style='max-height:0px;overflow:hidden'>",
    "<div style='height:0;overflow:hidden'>",
    "<div style='width:1px;height:1px;overflow:hidden'>",
    "<div style='font-size:0'>",
    "<div style='font-size:1px;line-height:1px'>",
    "<div style='font: bold 0/0 Arial'>",
    "<div style='font-size:0.05em'>",
    "<div style='color:transparent'>",
    "<div style='color:rgba(0,0,0,0)'>",
    "<div style='color:#fff;background-color:#FFFFFF'>",
    "<div style='color:#fefefe;background:rgb(255,255,255)'>",
    "<div style='color:white'>",
    "<table bgcolor=#336699><td><font color=#336699>",
    "<div style='background:#222'><p><b style='color:#222222'>",
    "<div style='position:absolute;left:-9999px'>",
    "<div style='margin-left:-9999px'>",
    "<div style='text-indent:-9999px'>",
    "<div style='clip:rect(0,0,0,0);position:absolute'>",
    "<div style='clip-path: inset(100%)'>",
    "<div style='transform:scale(0)'>",
    "<div hidden>",
    "<style>.pre{color:red;display:none}</style><div class='a pre'>",
    "<style>.pre{color:#fff;background:#fff}</style><div class=pre>",
    "<style>#pre , p{display:none!important}</style><div id=pre>",
]
SHOWN = [
    "<div style='mso-hide:all'>",
    "<div style='font-size:10px'>",
    "<div style='opacity:0.5'>",
    "<div style='filter:opacity(0.8)'>",
    "<div style='line-height:0'>",
    "<div style='max-height:100px'>",
    "<div style='margin-left:-20px'>",
    "<div style='color:#fff;background:#000'>",
    "<div style='background-color:transparent'>",
    "<table bgcolor=#000000><td style='color:white'>",
    "<div style='background:url(x.png)'><p style='color:#fff'>",
    "<div style='background:linear-gradient(#000,#111)'><p style='color:#fff'>",
    "<table background=x.png><td><font color=white>",
    "<td style='font-size:0px'><div style='font-size:13px'>",
    "<style>@media (max-width:9px){.x{display:none}}</style><div class=x>",
    "<style>.x{font-size:0}</style><div class=x>",
    "<style>td.x{background:#000}</style><table><td class=x><p style='color:#fff'>",
    "<style>.x p{color:#000}</style><div style='color:#fff' class=x><p>",
]


@pytest.mark.parametrize("tag", HIDDEN)
def test_hidden_text_is_not_shown_but_counted(tag: str) -> None:
    text = render_html(f"{tag}secret word</b></p></font></table></div>", 80)
    assert lines(text) == []
    assert text.notes == ("10 hidden characters are not shown.",)


@pytest.mark.parametrize("tag", HIDDEN)
def test_what_follows_hidden_text_is_shown(tag: str) -> None:
    text = render_html(f"<p>{tag}x</b></p></font></table></div><p>seen", 80)
    assert lines(text)[-1] == "seen"


@pytest.mark.parametrize("tag", SHOWN)
def test_what_only_looks_hidden_is_shown(tag: str) -> None:
    text = render_html(f"{tag}word", 80)
    assert lines(text) == ["word"]
    assert text.notes == ()


# -- pictures and links ------------------------------------------------------

A = "<a href=http://a.example/>"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<img alt=spacer><img alt=Logo><img alt='hero_2.PNG'><img alt='--'>x", ["x"]),
        ("<img alt=2cf39b2f-fa09-4c>x", ["x"]),
        ("<img alt='A cat'>sleeps", ["[A cat] sleeps"]),
        ("<img alt='A cat'><p>A cat sleeps", ["A cat sleeps"]),
        (f"{A}<img alt=hero.png></a>", ["[picture][1]"]),
        (f"{A}<img></a><br>{A}<img></a>", ["[picture][1]"]),
        (f"{A}<img></a><p>{A}Read it</a>", ["Read it[1]"]),
        (f"{A}<img alt='Read it'></a><p>{A}Read it</a>", ["Read it[1]"]),
        (f"{A}<img alt=Mail> Mail</a>", ["Mail[1]"]),
        (f"{A}<img alt='Sale: all must go'></a>", ["[Sale: all must go][1]"]),
        ("<a href=https://x.com/a><img src=i/facebook@2x.png></a>", ["[Facebook][1]"]),
        (f"{A}one </a>two", ["one[1] two"]),
        (f"{A}one</a>{A}two</a>", ["one[1]  two[1]"]),
        (f"{A}<h3>Title</h3><p>More</p></a>", ["Title[1]", "", "More"]),
        (f"{A}<table><td>{A}x</a></table></a>", ["x[1]"]),
        (f"{A}</a>there", ["there"]),
    ],
)
def test_links_and_pictures_say_what_they_are_once(html: str, shown: list[str]) -> None:
    assert show(html) == shown


def test_icons_stand_in_one_row() -> None:
    html = "".join(
        f"<table><td><a href=http://{name}.example><img alt={name}></a></table>"
        for name in ("Facebook", "YouTube", "RSS")
    )
    assert show(html) == ["[Facebook][1]  [YouTube][2]  [RSS][3]"]
    assert show(html, 30) == ["[Facebook][1]  [YouTube][2]", "[RSS][3]"]


@pytest.mark.parametrize(
    "html",
    [
        "<a class='btn btn-primary' href=http://a.example>Pay now</a>",
        "<a style='background:#06c;padding:9px' href=http://a.example> Pay now </a>",
        "<table><td class=button><a href=http://a.example><b>Pay</b> now</a></table>",
    ],
)
def test_a_button_is_framed(html: str) -> None:
    assert show(html) == ["[ Pay now ][1]"]


def test_a_paragraph_is_no_button() -> None:
    html = f"<a class=button href=http://a.example>{'long ' * 12}</a>"
    assert "[ " not in show(html)[0]


def test_links_of_kinds_that_are_never_opened_are_counted() -> None:
    html = "".join(
        f"<a href='{target}'>x</a> "
        for target in ("javascript:a()", "data:text/html,x", "/on/the/site", "#top")
    )
    text = render_html(html, 80)
    assert (lines(text), text.links) == (["x x x x"], ())
    assert text.notes == ("2 links of kinds that are never opened were left out.",)


def test_padding_that_nobody_could_see_is_not_counted() -> None:
    html = "<div style='display:none'>Hi&#847;&zwnj;&#8203;&nbsp;&shy;</div>x"
    assert render_html(html, 80).notes == ("2 hidden characters are not shown.",)


def test_tracking_images_are_counted() -> None:
    html = (
        "<img src=http://t.example/1 width=1 height=1>"
        "<img src=http://t.example/2 style='width:0;height:0px'>"
        "<img src=http://t.example/line width=600 height=1 alt=line>"
    )
    text = render_html(html, 80)
    assert lines(text) == []
    assert text.notes == ("2 tracking images are not fetched.",)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    html = (
        "<base href=http://b.example><link rel=stylesheet href=http://c.example/x.css>"
        "<meta http-equiv=refresh content='0;url=http://m.example'>"
        "<img src=//i.example>"
        "<iframe src=http://f.example></iframe><style>@import 'http://s.example'</style>"
        "<video poster=http://v.example></video><body background=http://k.example>x"
    )
    assert show(html) == ["x"]


# -- hostile -----------------------------------------------------------------


@pytest.mark.parametrize("code", ["&#27;]0;x&#7;", "&#x9b;2J", "\u202eabc", "&#8238;x"])
def test_no_control_gets_through(code: str) -> None:
    html = f"<p>{code}<pre>{code}</pre><a href='http://a.example/{code}'>{code}</a>"
    html += f"<img alt='{code}'><ol><li>{code}<table><tr><td>{code}<td>{code}</table>"
    text = render_html(html, 40)
    assert all(is_safe(line) for line in lines(text))
    assert all(is_safe(k.target) and is_safe(k.text) for k in text.links)


def test_markup_stays_text() -> None:
    assert show("[/b] [@click=app.quit]x[/]") == ["[/b] [@click=app.quit]x[/]"]


TAGS = (
    "p div b a table tr td th tbody caption ul ol li blockquote pre h1 svg select"
    " template form font style".split()
)
pieces = st.sampled_from(
    [f"<{tag}>" for tag in TAGS]
    + [f"</{tag}>" for tag in TAGS]
    + "<a href=http://a.b/>|<br>|<hr>|<img alt=x>|<!--|-->|<![CDATA[".split("|")
    + ["<td style=font-size:0>", "<div hidden>", "<font size=1>", "&#27;", "\u0301"]
    + ["a", "bc", "two words", " ", "\n", "漢字", "👍", "longer words than that"]
)


@given(st.lists(pieces, max_size=40).map("".join), st.integers(20, 60))
def test_whatever_the_tags_every_line_fits_and_is_safe(html: str, width: int) -> None:
    text = render_html(html, width)
    assert all(line_cells(line) <= width for line in text.lines)
    assert all(is_safe(span.text) and span.text for line in text.lines for span in line)
    assert all(0 <= s.link <= len(text.links) for line in text.lines for s in line)


@given(st.text(max_size=200))
def test_no_text_is_too_odd(html: str) -> None:
    assert all(is_safe(line) for line in show(html))


def test_a_heading_that_begins_a_cell_keeps_its_distance_from_the_cell_above() -> None:
    page = "<table><tr><td><h3>One</h3>a<br>b<tr><td><h3>Two</h3>c<br>d</table>"
    assert show(page) == ["One", "", "a", "b", "", "Two", "", "c", "d"]
