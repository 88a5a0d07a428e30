"""Words of what is here into the index: headers that came, texts that were read.

What a text says first is kept in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable

from tuimail.engine.first_lines import line_of
from tuimail.mail.bare_text import bare_text
from tuimail.mail.reading import opening_texts, text_part
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import ContentId, MessageId
from tuimail.store.store import Store

HEADERS, TEXTS = 200, 20
"""Of a batch: some milliseconds."""


def index_some(
    store: Store,
    told: Callable[[frozenset[MessageId]], None] = lambda rows: None,
) -> bool:
    """Index the next headers, or else the next texts; False when all are indexed.

    Rows that have a first line by it are `told`.
    """
    if store.words.step(HEADERS):
        return True
    contents = store.words.unread_texts(TEXTS)
    store.words.put_texts((content, text_of(store, content)) for content in contents)
    # Texts that were indexed before there were first lines.
    contents = contents or store.first_lines.unread_texts(TEXTS)
    told(store.first_lines.put((each, line_of(store, each)) for each in contents))
    return bool(contents)


def text_of(store: Store, content: ContentId) -> str:
    """What is here of the words of a content's text; `''` where that is nothing."""
    structure = store.words.structure(content)
    if structure is None:
        return ""
    root = parse_structure(structure)
    # Of an alternative the one that somebody prefers may be here, and no other.
    for part in (text_part(root), *opening_texts(root)):
        if part is not None and part.media_type.startswith("text/"):
            data = store.parts.peek(content, part.section)
            if data is not None:
                return bare_text(data, part)
    return ""
