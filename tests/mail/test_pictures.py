"""Which parts are pictures, how a page names them, and where they come to stand."""

from __future__ import annotations

from tuimail.mail.bodystructure import body_structure
from tuimail.mail.html import render_html
from tuimail.mail.mime import parse
from tuimail.mail.pictures import KINDS, Pictured, names, pictured, reference
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import Part, RenderedText, Section


def tree(message: str) -> Part:
    """The parts of a message, as a server would tell them."""
    data = message.replace("\n", "\r\n").encode()
    return parse_structure(body_structure(parse(data)))


def multi(kind: str, *parts: str, boundary: str = "b") -> str:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'
    return f"{head}{body}--{boundary}--\n"


def picture(kind: str = "image/png", **fields: str) -> str:
    lines = "".join(f"{n.replace('_', '-')}: {v}\n" for n, v in fields.items())
    return f"Content-Type: {kind}\n{lines}\nxx\n"


def found(message: str) -> list[tuple[str, bool]]:
    return [(p.part.section, p.attached) for p in pictured(tree(message))]


def shown(text: RenderedText) -> list[str]:
    return ["".join(span.text for span in line) for line in text.lines]


TEXT = "Content-Type: text/plain\n\nwords\n"
PAGE = 'Content-Type: text/html\n\n<img src="cid:a@b">\n'


def test_attached_pictures_are_shown_and_those_of_a_page_only_where_it_names_them():
    related = multi("related", PAGE, picture(Content_ID="<a@b>"), boundary="r")
    message = multi("mixed", related, picture("image/jpeg"), picture("image/gif"))
    assert found(message) == [("1.2", False), ("2", True), ("3", True)]


def test_only_a_few_kinds_of_pictures_are_looked_at():
    kinds = ["image/svg+xml", "image/tiff", "application/postscript", "image/x-eps"]
    message = multi("mixed", TEXT, *[picture(kind) for kind in kinds])
    assert found(message) == []
    assert not any("svg" in kind or "tiff" in kind for kind in KINDS)


def test_pictures_of_a_message_within_are_not_its_own():
    inner = multi("mixed", TEXT, picture(), boundary="i")
    message = multi("mixed", TEXT, f"Content-Type: message/rfc822\n\n{inner}")
    assert found(message) == []


def test_a_picture_is_named_by_its_id_or_its_place():
    related = multi(
        "related",
        PAGE,
        picture(Content_ID="<A b@C>"),
        picture(Content_Location="http://example.org/x.png"),
    )
    known = dict(names(pictured(tree(related))))
    assert known == {"cid:a b@c": 1, "http://example.org/x.png": 2}
    assert known[reference(" CID:a%20b@c")] == 1


def test_what_is_sealed_is_not_named_from_outside_nor_the_other_way_round():
    parts = [
        Pictured(n, Part(Section(section), "image/png", content_id="<a@b>"), False)
        for n, section in enumerate(["2", "2/1.2", "2/1/2"], 1)
    ]
    assert dict(names(parts)) == {"cid:a@b": 1}
    assert dict(names(parts, "2/")) == {"cid:a@b": 2}
    assert dict(names(parts, "2/1/")) == {"cid:a@b": 3}


def test_a_page_says_where_its_pictures_belong():
    page = (
        '<p>before</p><img src="cid:a@b" alt="A map"><p>between</p>'
        '<p><img src="cid:c@d"></p><p>after</p>'
    )
    text = render_html(page, 60, pictures=[("cid:a@b", 1), ("cid:c@d", 2)])
    lines = shown(text)
    assert text.pictures == ((lines.index("[A map]"), 1), (lines.index("[picture]"), 2))


def test_without_pictures_a_page_is_as_it_was():
    page = '<p>before</p><img src="cid:a@b"><img src="cid:c@d" alt="logo"><p>after</p>'
    text = render_html(page, 60)
    assert shown(text) == ["before", "", "after"]
    assert text.pictures == ()


def test_pictures_from_elsewhere_have_no_place():
    page = '<img src="https://example.org/x.png" alt="A map"><img src="x.png">'
    text = render_html(page, 60, pictures=[("cid:a@b", 1)])
    assert shown(text) == ["[A map]"]
    assert text.pictures == ()


def test_a_hidden_picture_and_a_dot_have_no_place():
    page = (
        '<div style="display:none"><img src="cid:a@b"></div>'
        '<img src="cid:a@b" width="1" height="1"><p>words</p>'
    )
    text = render_html(page, 60, pictures=[("cid:a@b", 1)])
    assert text.pictures == ()


def test_a_picture_that_is_named_twice_stands_where_it_is_named_first():
    page = '<img src="cid:a@b"><p>words</p><img src="cid:a@b">'
    text = render_html(page, 60, pictures=[("cid:a@b", 1)])
    assert text.pictures == ((0, 1),)


def test_a_picture_that_is_a_link_has_a_place_and_keeps_its_link():
    page = '<a href="https://example.org/"><img src="cid:a@b" alt="A map"></a>'
    text = render_html(page, 60, pictures=[("cid:a@b", 1)])
    assert text.pictures == ((0, 1),)
    assert text.links[0].target == "https://example.org/"


def test_pictures_side_by_side_in_a_table_each_have_a_place():
    page = (
        '<table><tr><td><img src="cid:a"></td><td><img src="cid:b" alt="B it is"></td>'
        "</tr></table>"
    )
    text = render_html(page, 60, pictures=[("cid:a", 1), ("cid:b", 2)])
    assert sorted(number for _, number in text.pictures) == [1, 2]
