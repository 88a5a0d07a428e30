"""Words in a file of mail, for as long as the index does not know them all."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from tuimail.mail.bare_text import bare_text
from tuimail.mail.bodystructure import body_structure
from tuimail.mail.headers import parse_envelope
from tuimail.mail.mime import Buffer, parse
from tuimail.mail.query_terms import All, And, Field, Not, Or, Query, Words
from tuimail.mail.query_words import in_a_row, tokens
from tuimail.mail.reading import text_part
from tuimail.mail.sections import SectionPath, octets, section_of
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import Address

_HEAD = SectionPath(
    (), "HEADER.FIELDS", (b"from", b"to", b"cc", b"subject", b"list-id")
)


def may_hold(query: Query, data: Buffer) -> bool:
    """Whether a message has the words; what is asked besides is taken as given."""
    return _holds(query, _Mail(data)) is not False


def _holds(query: Query, mail: _Mail) -> bool | None:
    """None where it is not for the file to say."""
    match query:
        case All():
            return True
        case And(parts):
            return _all(_holds(part, mail) for part in parts)
        case Or(parts):
            none = _all(_not(_holds(part, mail)) for part in parts)
            return _not(none)
        case Not(part):
            return _not(_holds(part, mail))
        case Words():
            wanted = tokens(query.text)
            there = mail.words(query.field)
            return any(in_a_row(wanted, some, prefix=query.prefix) for some in there)
        case _:
            return None


def _all(answers: Iterable[bool | None]) -> bool | None:
    unsure = False
    for answer in answers:
        if answer is False:
            return False
        unsure = unsure or answer is None
    return None if unsure else True


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


class _Mail:
    """A message, looked into as far as it is asked about."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._node = parse(data)

    def words(self, field: Field) -> list[list[str]]:
        """Tokens of a field, one list for each text that stands by itself."""
        if field is Field.BODY:
            return [self._body]
        if field is Field.ANY:
            names = (Field.SUBJECT, Field.FROM, Field.TO)
            return [*(some for name in names for some in self._head[name]), self._body]
        return self._head[field]

    @cached_property
    def _head(self) -> dict[Field, list[list[str]]]:
        found = parse_envelope(octets(self._node, _HEAD) or b"")
        people = [*found.to, *found.cc]
        return {
            Field.SUBJECT: [tokens(found.subject)],
            Field.FROM: [_person(each) for each in found.from_],
            Field.TO: [_person(each) for each in people],
            Field.CC: [_person(each) for each in people],
            Field.LIST: [tokens(found.list_id)],
        }

    @cached_property
    def _body(self) -> list[str]:
        part = text_part(parse_structure(body_structure(self._node)))
        if part is None or not part.media_type.startswith("text/"):
            return []
        data = section_of(self._data, part.section)
        return tokens(bare_text(data, part)) if data is not None else []


def _person(address: Address) -> list[str]:
    return tokens(f"{address.name} {address.addr}")
