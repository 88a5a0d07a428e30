"""What the inline style of an element says, as far as it matters in a terminal.

A font of no size hides text but not what is inside with a size of its own: builders of
newsletters set it on every cell, to get rid of gaps. And what hides in one program only
(`mso-hide`) is there to be seen in all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tuimail.mail.html_colour import UNKNOWN, Colour, colour, is_clear
from tuimail.mail.html_room import (
    FLOATING,
    is_tight,
    part_of_line,
    pixels,
    room_of,
    share_of,
)
from tuimail.mail.types import Style

Attributes = Mapping[str, "str | None"]

STYLE_MAX = 2000
BIG_PX = 20.0
"""Fonts from here on are headings."""
SMALL_PX = 10.0
"""Fonts up to here are small print."""
UNSEEN_PX = 2.0
"""Fonts up to here nobody can read."""
_FADED = re.compile(r"opacity(?:\(|=)\s{0,9}(?:0|0?\.0\d{0,9})%?\s{0,9}\)")
_CLIP = re.compile(r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01]")
_INSET = re.compile(r"(?:inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0)")
_SHRUNK = re.compile(
    r"scale[xy]?\(\s*0(?:\.0\d*)?\s*[,)]|translate[xy]?\([^)]{0,60}-\d{4,9}px"
)
_FONT = re.compile(r"(?:^|\s)([\d.]{1,9}(?:px|pt|r?em|%)?)(?=$|[\s/])")
_ROOM = frozenset(
    f"{name}{side}" for name in ("padding", "margin") for side in ("", "-left")
)
_FLAT = ("height", "width", "max-width", "max-height")


class Look(NamedTuple):
    """What a style changes; None where it says nothing."""

    hidden: bool = False
    sizeless: bool | None = None
    """Whether the font is too small to be seen."""
    px: float = 0.0
    """The size of letters that can be seen; 0 where nothing is said of it."""
    ink: Colour | None = None
    ground: Colour | None = None
    style: Style | None = None
    plain: bool = False
    """The font is said not to be bold."""
    display: str = ""
    apart: bool = False
    """There is room at its sides."""
    after: bool = False
    """There is room at its right side."""
    button: bool = False
    quiet: bool | None = None
    """Whether it is small print."""
    lines: bool | None = None
    """Whether line ends and blanks of the source count."""
    tight: bool | None = None
    """Whether no room is left above and below."""
    reply: bool = False
    """The line Outlook draws above the head of what is answered."""
    above: float = 0.0
    """Pixels that are left free above what is in it."""
    below: float = 0.0
    height: float = 0.0
    share: float = 0.0
    """How much of a line it takes as a column beside others; 0 when it is none."""


PLAIN = Look()


def look_of(said: Mapping[str, str]) -> Look:
    """What the declarations of a style say."""
    size = _font_px(said)
    ground = _ground(said)
    display = said.get("display", "")
    return Look(
        hidden=hides(said),
        sizeless=None if size is None else size <= UNSEEN_PX,
        px=size if size is not None and size > UNSEEN_PX else 0.0,
        ink=colour(said["color"]) if "color" in said else None,
        ground=ground,
        style=_style(said, size),
        plain=said.get("font-weight", "") in ("normal", "400"),
        display=display,
        apart=not _ROOM.isdisjoint(said),
        after=room_of(said, "right") > 2,
        button=_is_button(said, ground, display),
        quiet=None if size is None else UNSEEN_PX < size <= SMALL_PX,
        lines=_keeps_lines(said.get("white-space", "")),
        tight=is_tight(said),
        reply=said.get("border") == "none" and "solid" in said.get("border-top", ""),
        above=room_of(said, "top"),
        below=room_of(said, "bottom"),
        height=pixels(said.get("height", "")) or 0.0,
        share=share_of(said),
    )


def declared(style: str) -> dict[str, str]:
    """The declarations of a style, in lower case, the last of each name."""
    style = style[:STYLE_MAX].lower()
    if "/*" in style:
        first, *others = style.split("/*")
        style = first + "".join(each.partition("*/")[2] for each in others)
    found: dict[str, str] = {}
    for each in style.split(";"):
        name, colon, value = each.partition(":")
        if colon:
            found[name.strip()] = value.partition("!")[0].strip()
    return found


def hides(said: Mapping[str, str]) -> bool:
    """Whether declarations hide an element with all that is in it."""
    for name, value in said.items():
        check = _HIDES.get(name)
        if check is not None and check(value):
            return True
    clipped = said.get("overflow", "").startswith("hidden")
    if clipped and any(_is_flat(said.get(name, "")) for name in _FLAT):
        return True
    ink, ground = said.get("color"), said.get("background-color")
    ground = ground or said.get("background")
    return bool(ink and ground and colour(ink).hides_on(colour(ground)))


def _is_zero(value: str) -> bool:
    return pixels(value) == 0


def _is_flat(value: str) -> bool:
    size = pixels(value)
    return size is not None and 0 <= size <= 1


def _is_far(value: str) -> bool:
    """Outside of every screen; shifts of a few hundred are used for laying out."""
    size = pixels(value)
    return size is not None and size <= -100


def _is_very_far(value: str) -> bool:
    size = pixels(value)
    return size is not None and size <= -999


def _is_faint(value: str) -> bool:
    size = pixels(value)
    return size is not None and size <= (0.8 if value.endswith("%") else 0.05)


_HIDES: dict[str, Callable[[str], bool]] = {
    "display": lambda value: value == "none",
    "visibility": lambda value: value in ("hidden", "collapse"),
    "content-visibility": lambda value: value == "hidden",
    "opacity": _is_faint,
    "filter": lambda value: _FADED.search(value) is not None,
    "-ms-filter": lambda value: _FADED.search(value) is not None,
    "max-height": _is_zero,
    "zoom": _is_zero,
    "color": is_clear,
    "-webkit-text-fill-color": is_clear,
    "clip": lambda value: _CLIP.match(value) is not None,
    "clip-path": lambda value: _INSET.match(value) is not None,
    "transform": lambda value: _SHRUNK.search(value) is not None,
    "-webkit-transform": lambda value: _SHRUNK.search(value) is not None,
    **dict.fromkeys(("left", "top", "right", "bottom", "text-indent"), _is_far),
    **dict.fromkeys(("margin-left", "margin-top", "margin-right"), _is_very_far),
}


def _font_px(said: Mapping[str, str]) -> float | None:
    value = said.get("font-size", "")
    if not value and "font" in said:
        found = _FONT.search(said["font"][:100])
        value = found[1] if found else ""
    return pixels(value) if value else None


def _ground(said: Mapping[str, str]) -> Colour | None:
    """The ground an element paints; UNKNOWN for a picture or a word not known."""
    if "background-image" in said and said["background-image"] != "none":
        return UNKNOWN
    value = said.get("background-color") or said.get("background", "")
    if not value or value in ("none", "inherit", "initial") or is_clear(value):
        return None
    if "url(" in said.get("background", ""):
        return UNKNOWN
    return colour(value.split()[0] if "(" not in value else value)


def _style(said: Mapping[str, str], size: float | None) -> Style | None:
    weight = said.get("font-weight", "")
    if size is not None and size >= BIG_PX:
        return Style.HEADING
    if weight in ("bold", "bolder", "600", "700", "800", "900"):
        return Style.STRONG
    if said.get("font-style", "") in ("italic", "oblique"):
        return Style.EMPHASIS
    if "line-through" in said.get("text-decoration", ""):
        return Style.REMOVED
    return Style.TEXT if size is not None or weight in ("normal", "400") else None


def _keeps_lines(value: str) -> bool | None:
    return value.startswith(("pre", "break-spaces")) if value else None


def _is_button(said: Mapping[str, str], ground: Colour | None, display: str) -> bool:
    painted = ground is not None or "border-radius" in said
    return painted and ("padding" in said or display in ("block", "inline-block"))


class Sheet(NamedTuple):
    """What style sheets say, by names as selectors write them: `.class`, `tag`."""

    hiding: frozenset[str] = frozenset()
    painted: frozenset[str] = frozenset()
    """What gets a colour or a ground that is not looked at further."""
    said: Mapping[str, Mapping[str, str]] = {}
    """Fonts, places and room, as a style would say them."""


_SAYING = ("style", "class", "id", "bgcolor", "background", "color", "text", "size")
_KEYS = frozenset((*_SAYING, "hidden"))
_BUTTON = re.compile(r"(?:^|[\s_-])(?:btn|cta)(?:$|[\s_-])|button", re.I)
_COLUMN = re.compile(r"(?:^|\s)mj-column-per-(\d{1,3})(?![\d])")
"""What MJML calls its columns: their widths are in a sheet for wide screens."""
_QUIET = re.compile(
    r"(?:^|[\s_-])(?:footer|disclaimer|legal|preheader|unsubscribe)", re.I
)


class Looks:
    """The looks of elements; a newsletter repeats a few hundred styles."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        painted = PLAIN._replace(ink=UNKNOWN, ground=UNKNOWN)
        self._bare = dict.fromkeys(sheet.painted, painted)
        if "p" in sheet.said:
            self._bare["p"] = self._bare.get("p", PLAIN)._replace(tight=True)
        self._known: dict[tuple[str, ...], Look] = {}

    def of(self, tag: str, attributes: Attributes) -> Look:
        """What the attributes of an element say; PLAIN itself when nothing."""
        if tag == "table" and (attributes.get("align") or "").lower() in FLOATING:
            look = self._of(tag, attributes)
            return look._replace(share=part_of_line(attributes.get("width") or ""))
        return self._of(tag, attributes)

    def _of(self, tag: str, attributes: Attributes) -> Look:
        if _KEYS.isdisjoint(attributes):
            return self._bare.get(tag, PLAIN)
        values = [attributes.get(name) or "" for name in _SAYING]
        key = (tag, *values) if "hidden" not in attributes else (tag, *values, "")
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(tag, attributes)
        return known

    def _read(self, tag: str, attributes: Attributes) -> Look:
        names = (attributes.get("class") or "")[:1000]
        marks = [f".{name}" for name in names.split()]
        if attributes.get("id"):
            marks.append(f"#{attributes['id']}")
        said: dict[str, str] = {}
        for mark in (tag, *marks):
            said |= self._sheet.said.get(mark, {})
        said |= declared(attributes.get("style") or "")
        look = look_of(said) if said else PLAIN
        if look.button and tag != "a":
            look = look._replace(button=False)
        if "hidden" in attributes or not self._sheet.hiding.isdisjoint(marks):
            return look._replace(hidden=True)
        look = _coloured(tag, attributes, look)
        if tag in self._sheet.painted or not self._sheet.painted.isdisjoint(marks):
            look = look._replace(ink=look.ink or UNKNOWN, ground=look.ground or UNKNOWN)
        if names:
            look = _named(tag, names, look)
        return PLAIN if look == PLAIN else look


def _named(tag: str, names: str, look: Look) -> Look:
    """What the class of an element tells."""
    if _BUTTON.search(names):
        look = look._replace(button=True)
    elif _QUIET.search(names):
        look = look._replace(quiet=True)
    column = _COLUMN.search(names)
    if column:
        look = look._replace(share=part_of_line(f"{column[1]}%"))
    if tag == "p" and "MsoNormal" in names:
        look = look._replace(tight=True)
    return look


def _coloured(tag: str, attributes: Attributes, look: Look) -> Look:
    """Colours and sizes as HTML 4 gives them."""
    if look.ground is None and attributes.get("bgcolor"):
        look = look._replace(ground=_attribute(attributes, "bgcolor"))
    if attributes.get("background"):
        look = look._replace(ground=UNKNOWN)
    name = "text" if tag == "body" else "color" if tag == "font" else ""
    if name and look.ink is None and attributes.get(name):
        look = look._replace(ink=_attribute(attributes, name))
    if tag == "font" and look.style is None:
        size = attributes.get("size") or ""
        if size in ("5", "6", "7", "+2", "+3", "+4"):
            look = look._replace(style=Style.HEADING)
        elif size in ("1", "-2", "-3"):
            look = look._replace(quiet=True)
    return look


def _attribute(attributes: Attributes, name: str) -> Colour:
    return colour((attributes.get(name) or "")[:40].strip().lower())
