"""Words of what is here into the index: headers that came, texts that were read."""

from __future__ import annotations

from tuimail.mail.bare_text import bare_text
from tuimail.mail.reading import text_part
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import ContentId
from tuimail.store.store import Store

HEADERS, TEXTS = 200, 20
"""Of a batch: some milliseconds."""


def index_some(store: Store) -> bool:
    """Index the next headers, or else the next texts; False when all are indexed."""
    if store.words.step(HEADERS):
        return True
    contents = store.words.unread_texts(TEXTS)
    store.words.put_texts((content, text_of(store, content)) for content in contents)
    return bool(contents)


def text_of(store: Store, content: ContentId) -> str:
    """What is here of the words of a content's text; `''` where that is nothing."""
    structure = store.words.structure(content)
    if structure is None:
        return ""
    part = text_part(parse_structure(structure))
    if part is None or not part.media_type.startswith("text/"):
        return ""
    data = store.parts.peek(content, part.section)
    return "" if data is None else bare_text(data, part)
