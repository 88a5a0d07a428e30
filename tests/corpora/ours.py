"""A message as our own code reads it, for comparing."""

from __future__ import annotations

from functools import cached_property

from tuimail.mail.bodystructure import body_structure
from tuimail.mail.charset import decode_charset
from tuimail.mail.headers import header_fields, parse_envelope
from tuimail.mail.mime import Node, parse
from tuimail.mail.reading import attachments, text_part
from tuimail.mail.sections import SectionPath, octets, section_of
from tuimail.mail.structure import leaves, parse_structure
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import Address, Envelope, Part


class Message:
    """One message; everything goes through the code that reads mail from files."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def node(self) -> Node:
        """Its parts as places in the octets."""
        return parse(self.data)

    @cached_property
    def tree(self) -> Part:
        """Its parts as read from the structure that we make like a server."""
        return parse_structure(body_structure(self.node))

    @cached_property
    def leaves(self) -> list[Part]:
        """The parts with octets of their own."""
        return leaves(self.tree)

    @cached_property
    def attachments(self) -> list[Part]:
        """What a person would call an attachment."""
        return attachments(self.tree)

    @cached_property
    def fields(self) -> list[tuple[str, str]]:
        """Name and decoded value of every field."""
        return header_fields(self.data)

    @cached_property
    def envelope(self) -> Envelope:
        """What a list row needs."""
        return parse_envelope(self.data)

    def field(self, name: str) -> str:
        """The first field of a name, decoded."""
        return next((v for n, v in self.fields if n.lower() == name.lower()), "")

    def raw(self, part: Part) -> bytes:
        """A part's octets as they came."""
        if part is self.leaves[0]:
            return section_of(self.data, part.section) or b""
        numbers = tuple(map(int, part.section.split(".")))
        return octets(self.node, SectionPath(numbers)) or b""

    def octets(self, part: Part) -> bytes:
        """A part's octets, transfer encoding undone."""
        return decode_transfer(self.raw(part), part.encoding)

    def text(self, part: Part) -> str:
        """A part's text, line ends as LF."""
        text, _ = decode_charset(self.octets(part), part.param("charset"))
        return text.replace("\r\n", "\n")

    def body(self, prefer: str) -> str:
        """The text that would be shown, `plain` or `html`; `''` for none of it."""
        part = text_part(self.tree, prefer)
        return (
            self.text(part)
            if part is not None and part.media_type == f"text/{prefer}"
            else ""
        )


def words(addresses: tuple[Address, ...]) -> list[tuple[str, str]]:
    """Addresses as pairs."""
    return [(each.name, each.addr) for each in addresses]
