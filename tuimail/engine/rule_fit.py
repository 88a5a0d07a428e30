"""Which messages a rule fits, and of which only their texts could tell."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from tuimail.engine.seeking import Seeker
from tuimail.mail.query_terms import And, Is, Query, State, joined
from tuimail.mail.query_texts import asks_texts, guessed
from tuimail.mail.reading import text_part
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.store import Store


class Fit(NamedTuple):
    """What a query finds in a folder, newest first."""

    messages: tuple[MessageId, ...]
    unsure: tuple[MessageId, ...] = ()
    """Their texts decide, and are not in the index."""


def fit(
    store: Store,
    seeker: Seeker,
    mailbox: MailboxId,
    words: str,
    among: Collection[MessageId] | None = None,
) -> Fit:
    """What a query finds in a folder, or `among` some messages of it.

    Raises QueryError, StoreError.
    """
    query = seeker.query(mailbox, words)

    def find(wanted: Query) -> list[MessageId]:
        if among is None:
            return seeker.holding(mailbox, wanted)
        some = joined(And, [Is(State.MARKED), wanted])
        return seeker.holding(mailbox, some, marked=among)

    if not asks_texts(query):
        return Fit(tuple(find(query)))
    # The hopeful guess first: a text that gets into the index meanwhile is found by it.
    hopeful = find(guessed(query, True))
    sure, found = set(find(guessed(query, False))), set(find(query))
    undecided = [each for each in hopeful if each not in sure]
    known = store.words.known(undecided)
    if among is not None:
        known |= {each for each in undecided if _textless(store, each)}
    fits = [m for m in hopeful if m in sure or (m in found and m in known)]
    return Fit(tuple(fits), tuple(m for m in undecided if m not in known))


def _textless(store: Store, message: MessageId) -> bool:
    """Whether there is no text in it that could be waited for."""
    structure = store.messages.structure(message)
    if structure is None:
        return False
    part = text_part(parse_structure(structure))
    return part is None or not part.media_type.startswith("text/")
