"""Which part of a message makes it readable."""

from __future__ import annotations

from tuimail.mail.reading import BODY, bare_body, text_part
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import ContentId, Section
from tuimail.store.database import Database


def is_text(state: Database, content: ContentId, section: Section) -> bool:
    """Whether a message can be read with this part.

    Its text, or its whole source; the body of one whose parts cannot be told apart;
    its header where it has no text at all.
    """
    if section == "":
        return True
    raw = state.value("SELECT structure FROM content WHERE id=?", (content,))
    if raw is None:
        return False
    root = parse_structure(bytes(raw))
    if bare_body(root):
        return section == BODY
    texts = (text_part(root, "plain"), text_part(root, "html"))
    if texts == (None, None):
        return section == "HEADER"
    return any(part is not None and part.section == section for part in texts)
