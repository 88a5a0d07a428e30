"""Cards of people (vCard 2.1, 3.0, 4.0: RFC 6350) as something to read."""

from __future__ import annotations

import quopri

from tuimail.mail.charset import decode_charset
from tuimail.mail.contentlines import Component, Property, components, split_value
from tuimail.mail.links import Links
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.types import Line, RenderedText, SafeText, Span, Style
from tuimail.mail.wrap import wrap

CARDS_MAX = 20
FIELDS_MAX = 60
RAW_MAX = 20_000
LABEL_CELLS = 14
_NOTHING = SafeText("This card cannot be read; here it is as it came.")
_LABELS = {
    "NICKNAME": "Nickname",
    "ORG": "Organisation",
    "TITLE": "Title",
    "ROLE": "Role",
    "EMAIL": "Mail",
    "TEL": "Phone",
    "ADR": "Address",
    "URL": "Page",
    "IMPP": "Messages",
    "BDAY": "Birthday",
    "NOTE": "Note",
    "KEY": "Key",
    "PHOTO": "Photo",
}
_ASIDE = {"PREF", "INTERNET", "VOICE", "X-INTERNET", "UTF-8", "BASE64"}


def render_vcard(text: str, width: int, first_link: int = 1) -> RenderedText:
    """The cards of a file, at most 20, each with its name as heading."""
    found = [each for each in components(text) if each.name == "VCARD"]
    if not found:
        raw = safe_block(text[:RAW_MAX]).split("\n")
        lines = [line for each in raw for line in wrap([Span(SafeText(each))], width)]
        return RenderedText(tuple(lines), notes=(_NOTHING,))
    links = Links(first_link)
    lines = []
    for card in found[:CARDS_MAX]:
        lines += [()] if lines else []
        lines += _card(card, width, links)
    more = len(found) - CARDS_MAX
    notes = (SafeText(f"{more} more cards are not shown."),) if more > 0 else ()
    return RenderedText(tuple(lines), tuple(links.found), notes)


def _card(card: Component, width: int, links: Links) -> list[Line]:
    name = safe_text(_name(card) or "(no name)", 300)
    lines: list[Line] = [*wrap([Span(name, Style.HEADING)], width)]
    known = [each for each in card.properties if each.name in _LABELS]
    order = list(_LABELS)
    known.sort(key=lambda each: order.index(each.name))
    for each in known[:FIELDS_MAX]:
        lines += _field(each, width, links)
    return lines


def _field(line: Property, width: int, links: Links) -> list[Line]:
    words = _words(line)
    if not words:
        return []
    kinds = _kinds(line)
    label = Span(SafeText(f"{_LABELS[line.name]:<{LABEL_CELLS}}"), Style.NOTE)
    number = links.add(words, "") if line.name == "URL" else 0
    shown = Span(safe_text(words, 2000), Style.LINK if number else Style.TEXT, number)
    spans = [shown, Span(safe_text(f" ({kinds})", 200))] if kinds else [shown]
    gap = Span(SafeText(" " * LABEL_CELLS))
    made = wrap(spans, width, (gap,))
    return [(label, *made[0][1:]), *made[1:]]


def _words(line: Property) -> str:
    match line.name:
        case "PHOTO" | "KEY":
            return "in the card, not shown"
        case "ADR":
            return ", ".join(filter(None, split_value(_value(line), ";")))
        case "ORG":
            return ", ".join(filter(None, split_value(_value(line), ";")))
        case "TEL" | "EMAIL":
            value = split_value(_value(line), "\n")[0]
            return value.removeprefix("tel:").removeprefix("mailto:")
    return ", ".join(filter(None, split_value(_value(line), "\n")))


def _name(card: Component) -> str:
    full = card.get("FN")
    if full is not None and _value(full).strip():
        return split_value(_value(full), "\n")[0]
    parts = card.get("N")
    if parts is None:
        return ""
    family, *rest = split_value(_value(parts), ";")
    given = rest[0] if rest else ""
    return f"{given} {family}".strip()


def _kinds(line: Property) -> str:
    """`home, mobile`: what a number or an address is for."""
    types = [value for key, value in line.params if key == "TYPE"]
    kinds = [each.strip() for value in types[:8] for each in value.split(",")[:8]]
    shown = [k.lower() for k in kinds if k and k.upper() not in _ASIDE]
    shown = ["mobile" if kind == "cell" else kind for kind in shown]
    return (
        ", ".join(dict.fromkeys(shown)) if line.name in ("TEL", "EMAIL", "ADR") else ""
    )


def _value(line: Property) -> str:
    """The value, also in the encodings of vCard 2.1."""
    encoded = line.param("ENCODING").upper() == "QUOTED-PRINTABLE"
    bare = any(
        key == "TYPE" and v.upper() == "QUOTED-PRINTABLE" for key, v in line.params
    )
    if not encoded and not bare:
        return line.value
    raw = quopri.decodestring(line.value.encode("utf-8", "replace"))
    return decode_charset(raw, line.param("CHARSET") or "utf-8")[0]
