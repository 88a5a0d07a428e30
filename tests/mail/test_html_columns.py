"""What stands side by side in HTML mail, and where empty lines stand."""

from __future__ import annotations

import pytest

from tests.mail.test_html import show, style_of
from tuimail.mail.html import render_html
from tuimail.mail.types import Style
from tuimail.mail.wrap import line_cells

PROSE = "Some words that are long enough to fill a line and to be wrapped somewhere."


def mjml(*columns: tuple[int, str]) -> str:
    """Columns as MJML writes them: their widths are only in a name and a sheet."""
    return "<table><tr><td>" + "".join(
        "<!--[if mso | IE]><td style='width:300px'><![endif]-->"
        f"<div class='mj-column-per-{share} mj-outlook-group-fix'"
        " style='font-size:0;display:inline-block;width:100%'>"
        f"<table width='100%'><tr><td style='font-size:0'>"
        f"<div style='font-size:13px'>{text}</div></td></tr></table></div>"
        for share, text in columns
    )


# -- side by side ------------------------------------------------------------


def test_a_price_stands_beside_an_item_of_several_lines() -> None:
    html = (
        "<table><tr><td><b>Jacket</b><br>Size M<td>$248.00"
        "<tr><td><b>Cotton tee</b><br>Size L<td>$78.00</table>"
    )
    assert show(html) == [
        "Jacket      $248.00",
        "Size M",
        "Cotton tee   $78.00",
        "Size L",
    ]


def test_columns_of_mjml_stand_side_by_side() -> None:
    assert show(mjml((75, "Item"), (25, "Price"))) == ["Item  Price"]


def test_headings_and_prices_in_tables_of_their_own_are_aligned() -> None:
    pages = [mjml((75, "Item"), (25, "Price")), mjml((75, PROSE), (25, "$120"))]
    html = "<div>" + "</table></div><div>".join(pages)
    assert show(html) == [
        "Item                               Price",
        "",
        "Some words that are long enough     $120",
        "to fill a line and to be wrapped",
        "somewhere.",
    ]


def test_columns_go_on_below_when_the_line_is_full() -> None:
    html = mjml((50, "a<br>b"), (50, "c<br>d"), (50, "e<br>f"), (50, "g<br>h"))
    assert show(html) == ["a  c", "b  d", "", "e  g", "f  h"]


@pytest.mark.parametrize(
    "html",
    [
        "<table align=left width=280><td>a<br>b</table>"
        "<table align=right width=280><td>c<br>d</table>",
        "<div style='float:left;width:50%'>a<br>b</div>"
        "<div style='float:left;width:50%'>c<br>d</div>",
        "<div style='display:inline-block;max-width:300px;width:100%'>a<br>b</div>"
        "<div style='display:inline-block;max-width:300px;width:100%'>c<br>d</div>",
    ],
)
def test_what_floats_is_a_column(html: str) -> None:
    assert show(f"{html}<p>end") == ["a  c", "b  d", "", "end"]


def test_a_text_between_columns_ends_them() -> None:
    column = "<div style='float:left;width:30%'>{}</div>"
    html = column.format("a<br>b") + "text" + column.format("c<br>d")
    assert show(html) == ["a", "b", "text", "c", "d"]


def test_a_label_stands_beside_a_text_that_is_wrapped() -> None:
    html = (
        "<table><tr><td>11:00<td><b>What changed</b><br>How a team works with less"
        "<tr><td>9:30<td><b>Breakfast</b><br>and nothing else</table>"
    )
    assert show(html, 32) == [
        "11:00  What changed",
        "       How a team works with",
        "       less",
        "",
        "9:30   Breakfast",
        "       and nothing else",
    ]


def test_a_price_stays_behind_a_text_that_is_wrapped_and_a_link_goes_below() -> None:
    row = f"<table><tr><td>{PROSE}<td>{{}}</table>"
    assert show(row.format("$9"))[0] == "Some words that are long enough to    $9"
    link = show(row.format("<a href=http://a.example>Leave</a>"))
    assert link[-1] == "Leave[1]"


def test_narrow_columns_keep_the_marks_of_lists_and_quotes() -> None:
    html = "<table><tr><td><ul><li>Tea<li>Milk</ul><td><blockquote>a<br>b</blockquote>"
    assert show(html) == ["• Tea   > a", "• Milk  > b"]


def test_two_long_texts_stand_below_each_other_in_their_order() -> None:
    html = f"<table><tr><td><b>One</b><br>{PROSE}<td><b>Two</b><br>{PROSE}</table>"
    shown = show(html)
    assert [shown.index("One"), shown.index("Two"), shown.count("")] == [0, 4, 1]


def test_a_long_article_does_not_stand_beside_its_menu() -> None:
    html = "<table><tr><td>Home<br>News<td>" + f"<p>{PROSE}" * 9
    assert show(html)[:3] == ["Home", "News", ""]


def test_a_menu_that_is_too_long_goes_on_in_the_next_line() -> None:
    words = ("Women", "Men", "Children", "Shoes", "Living")
    link = "<td style='padding:30px'><a href=http://a.example>{}</a>"
    html = "<table><tr>" + "".join(map(link.format, words))
    assert show(html, 33) == ["Women[1]  Men[1]  Children[1]", "Shoes[1]  Living[1]"]


def test_figures_that_do_not_fit_are_no_menu() -> None:
    html = "<table><tr>" + "".join(f"<td>{n * 1111} EUR" for n in range(1, 6))
    assert show(html, 20) == [f"{n * 1111} EUR" for n in range(1, 6)]


def test_a_cell_over_two_columns_keeps_the_next_in_its_own() -> None:
    html = (
        "<table><tr><td>Tea<td>2<td>$7.00<tr><td colspan=2>Total<td>$17.00</table>"
        "<table><tr><td colspan=x>a<td colspan=999>b<td>c</table>"
    )
    assert show(html) == ["Tea    2   $7.00", "Total     $17.00", "", "a  b  c"]


# -- tables that are too wide ------------------------------------------------


def table(head: str) -> str:
    rows = "".join(
        f"<tr><td>{n}<td>host-{n}.example.org and more<td>relay-{n}.example.org"
        for n in (1, 2)
    )
    return f"<table>{head}{rows}</table>"


@pytest.mark.parametrize(
    "head",
    [
        "<tr><th>Hop<th>From<th>To",
        "<tr><td><b>Hop</b><td><b>From</b><td><b>To</b>",
        "<tr bgcolor=#eeeeee>"
        + "".join(f"<td bgcolor=#eeeeee>{word}" for word in ("Hop", "From", "To")),
    ],
)
def test_a_row_that_is_too_wide_is_a_record_with_the_headings(head: str) -> None:
    assert show(table(head)) == [
        "Hop   1",
        "From  host-1.example.org and more",
        "To    relay-1.example.org",
        "",
        "Hop   2",
        "From  host-2.example.org and more",
        "To    relay-2.example.org",
    ]


def test_the_lines_of_a_record_stand_close_however_many_there_are() -> None:
    html = f"<table><tr><th>Hop<th>From<th>To<tr><td>1<td>{PROSE * 2}<td>{PROSE}"
    assert "" not in show(html)


def test_a_table_that_fits_is_a_table() -> None:
    assert show(table("<tr><th>Hop<th>From<th>To"), 80)[:2] == [
        "Hop  From                         To",
        "  1  host-1.example.org and more  relay-1.example.org",
    ]


def test_one_wide_row_among_many_does_not_tear_the_table() -> None:
    rows = "<tr><td>1<td>a<td>b" * 9
    html = f"<table><tr><th>Hop<th>From<th>To{rows}<tr><td>2<td>{PROSE}<td>{PROSE}"
    shown = show(html)
    assert shown[:2] == ["Hop  From  To", "  1  a     b"]
    assert shown[10:12] == ["", "Hop   2"]


def test_numbers_are_no_headings() -> None:
    html = f"<table><tr><th>1<th>2<tr><td>{PROSE}<td>{PROSE}"
    assert show(html)[:2] == ["1  2", "Some words that are long enough to fill"]


# -- pictures ----------------------------------------------------------------


def test_a_picture_stands_above_the_text_beside_it_unless_that_says_the_same() -> None:
    row = "<table><tr><td><img alt='{}'><td><b>Red shoes</b><br>all sizes<td>$9</table>"
    assert show(row.format("red shoes")) == ["Red shoes  $9", "all sizes"]
    assert show(row.format("a box")) == ["[a box]", "Red shoes  $9", "all sizes"]


def test_a_picture_that_is_shown_is_not_taken_for_words_that_are_said() -> None:
    html = "<table><tr><td><img alt=shoes src=cid:a><td>shoes<br>red</table>"
    text = render_html(html, 40, pictures=[("cid:a", 1)])
    assert text.pictures == ((0, 1),)


def test_a_picture_that_the_third_line_names_is_not_named_before() -> None:
    html = "<img alt='New bread'><br>18 Feb · Food<br><b>New bread</b><br>from rye"
    assert show(html) == ["18 Feb · Food", "New bread", "from rye"]


def test_a_picture_is_left_out_above_a_link_of_the_same_words() -> None:
    picture = "<a href=http://a.example/1><img alt=Bread></a><br>"
    assert show(f"{picture}<a href=http://a.example/2>Bread</a>") == ["Bread[2]"]
    assert show(f"{picture}Bread and butter") == ["[Bread][1]", "Bread and butter"]
    assert show(f"<a href=http://a.example/2>Bread</a><br>{picture}") == ["Bread[1]"]


def test_words_that_all_pictures_share_say_nothing() -> None:
    html = "".join(f"<p><img alt=Destination src={n}><br>Town {n}" for n in range(3))
    assert show(html) == ["Town 0", "", "Town 1", "", "Town 2"]


def test_the_same_picture_again_says_the_same_again() -> None:
    html = "<table>" + "".join(
        f"<tr><td>{what}<td><img alt=yes src=tick>" for what in "abc"
    )
    assert show(html) == ["a  [yes]", "b  [yes]", "c  [yes]"]


@pytest.mark.parametrize(
    "words",
    [
        "Please enable images to view this content",
        "Can't see this? Display images",
        "Images are blocked",
    ],
)
def test_a_picture_that_asks_to_be_shown_is_not(words: str) -> None:
    assert show(f'a<br><img alt="{words}">') == ["a"]
    linked = f'<a href=http://a.example><img alt="{words}"></a>'
    assert show(linked) == ["[picture][1]"]


def test_an_emoji_that_is_a_picture_is_text() -> None:
    assert show("Thanks <img alt='\U0001f44d' src=x>!") == ["Thanks \U0001f44d !"]


def test_icons_of_a_cell_stand_in_one_row_below_its_neighbour() -> None:
    icons = "".join(f"<div><img alt={name}></div>" for name in ("Mastodon", "Vimeo"))
    html = f"<table><tr><td>Find us<td>{icons}</table>"
    assert show(html) == ["Find us", "[Mastodon]  [Vimeo]"]


# -- room --------------------------------------------------------------------


def rows(*cells: tuple[str, int]) -> str:
    """Rows with one cell each, and the pixels that are left free below."""
    return "<table>" + "".join(
        f"<tr><td style='padding:0 0 {px}px'>{text}</td></tr>" for text, px in cells
    )


def test_paragraphs_that_are_rows_stand_apart() -> None:
    shown = show(rows((PROSE, 14), (PROSE, 0)), 40)
    assert [bool(line) for line in shown] == [True, True, False, True, True]


def test_a_title_stands_close_to_its_text_and_apart_from_the_last() -> None:
    html = rows(("<b>One</b>", 24), ("short", 12), ("<b>Two</b>", 24), (PROSE, 0))
    assert show(html, 80) == ["One", "short", "", "Two", PROSE]


def test_a_few_words_above_a_title_belong_to_it() -> None:
    html = rows((PROSE, 30), ("News", 20), ("<b>A title</b>", 0))
    assert show(html, 80) == [PROSE, "", "News", "A title"]


def test_bigger_letters_make_a_title_of_a_text() -> None:
    name, street = "<p style='margin:0;font-size:18px'>{}", "<p style='margin:0'>{}"
    html = rows(
        (name.format("Mill"), 2),
        (street.format("1 Lane"), 14),
        (name.format("Inn"), 2),
        (street.format("2 Lane"), 14),
    )
    assert show(html) == ["Mill", "1 Lane", "", "Inn", "2 Lane"]
    small = rows(("<font style='font-size:12px'>by Ann</font>", 14), ("text", 0))
    assert show(small) == ["by Ann", "text"]


def test_a_row_that_is_only_high_is_an_empty_line() -> None:
    for spacer in ("<td height=30>", "<td style='height:30px'>", "<td>&nbsp;"):
        html = f"<table><tr><td>above<tr>{spacer}</td><tr><td>below"
        assert show(html) == ["above", "", "below"]


def test_rows_of_a_table_stand_close_whatever_is_around_their_words() -> None:
    for cell in ("<td><p>{}</p>", "<td style='padding:12px'>{}"):
        html = "<table>" + "".join(
            f"<tr>{cell.format(n)}{cell.format(n * n)}" for n in (1, 2, 3)
        )
        assert show(html) == ["1  1", "2  4", "3  9"]


def test_rows_of_several_lines_stand_apart() -> None:
    assert show("<table><tr><td>a<br>b<tr><td>c<br>d") == ["a", "b", "", "c", "d"]


def test_a_list_written_by_hand_hangs_behind_its_marks() -> None:
    html = rows((f"• {PROSE}", 14), ("• b", 14), ("✓ c", 0))
    assert show(html, 50) == [
        "• Some words that are long enough to fill a line",
        "  and to be wrapped somewhere.",
        "• b",
        "✓ c",
    ]


def test_a_sign_in_front_stands_apart_from_the_words() -> None:
    sheet = "<style>.n{display:inline-block;margin-right:9px}</style>"
    assert show(f"{sheet}<span class=n>1</span>Connect") == [
        "1  Connect"[:2] + "Connect"
    ]


def test_a_class_says_how_big_letters_are() -> None:
    sheet = "<style>.h{font-size:30px} .b{font-weight:700}</style>"
    assert style_of(f"{sheet}<span class=h>x", "x") is Style.HEADING
    assert style_of(f"{sheet}<span class=b>x", "x") is Style.STRONG
    small = f"{sheet}<span class=h style='font-size:14px'>x"
    assert style_of(small, "x") is Style.TEXT


# -- limits ------------------------------------------------------------------


@pytest.mark.parametrize("width", [8, 40, 80, 300])
@pytest.mark.parametrize(
    "piece",
    [
        "<table><tr><td>label<td>",
        "<table><tr><td>",
        "<div style='display:inline-block;width:50%'>word<br>word</div>",
        "<div style='float:left;width:40%'><table><tr><td>a<br>b<td>c<td>",
        "<blockquote><table><tr><th>a<th>b<tr><td>漢字漢字漢字漢字漢字漢字<td>",
        "<ul><li><table align=left width=300><tr><td>x<td>y<br>z",
    ],
)
def test_columns_in_columns_fit_however_deep(piece: str, width: int) -> None:
    text = render_html(piece * 200 + "end", width)
    assert max(map(line_cells, text.lines)) <= width
    assert "end" in "".join(span.text for line in text.lines for span in line)
