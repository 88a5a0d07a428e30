"""What a download would fetch: parts, octets and messages, before anything begins."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tuimail.engine.views import Item, Plan, Scope
from tuimail.mail.reading import BODY, bare_body, text_part
from tuimail.mail.structure import leaves, parse_structure
from tuimail.mail.types import Part, Section
from tuimail.store.keeping import Candidate
from tuimail.store.store import Store

DAY_S = 86_400
QUICK_TEXT = 256 * 1024
"""Octets up to which a text is worth its time when one is about to leave."""
SOURCE, HEADER_BLOCK = Section(""), Section("HEADER")


def plan(store: Store, scope: Scope, prefer: str, now: float | None = None) -> Plan:
    """What a scope needs. Reads the store: not for the screen's thread."""
    found = _candidates(store, scope, time.time() if now is None else now)
    made = plan_of(store, found, prefer, attachments=scope.attachments)
    if scope.leaving:
        quick = sorted(made.items, key=lambda item: item.octets > QUICK_TEXT)
        return made._replace(items=tuple(quick))
    return made


def plan_of(
    store: Store, found: list[Candidate], prefer: str, *, attachments: bool
) -> Plan:
    """What these messages need, in their order."""
    here = store.keeping.here({each.content for each in found})
    local = store.accounts.here()
    items: list[Item] = []
    for each in found:
        if each.readable and (not attachments or each.account in local):
            continue
        present = here.get(each.content, set())
        items += (
            item
            for item in _items(each, prefer, attachments)
            if item.section not in present
        )
    readable = sum(each.readable for each in found)
    return Plan(tuple(items), len(found), readable)


def _candidates(store: Store, scope: Scope, now: float) -> list[Candidate]:
    keeping = store.keeping
    if scope.messages:
        return keeping.of(scope.messages)
    since = int(now) - scope.days * DAY_S if scope.days else 0
    if scope.mailbox is not None:
        return keeping.in_mailbox(scope.mailbox, since=since)
    boxes = store.mailboxes.all(scope.account)
    if not scope.leaving:
        return _merged(keeping.in_mailbox(box.id, since=since) for box in boxes)
    inbox = store.mailboxes.inbox(scope.account)
    return _merged(
        keeping.in_mailbox(box.id)
        if box.pinned or box.id == inbox
        else keeping.flagged(box.id)
        for box in boxes
    )


def _merged(lists: Iterable[list[Candidate]]) -> list[Candidate]:
    """All of them, newest first."""
    found = [each for some in lists for each in some]
    return sorted(found, key=lambda each: each.key, reverse=True)


def _items(each: Candidate, prefer: str, attachments: bool) -> list[Item]:
    """All parts of a message that are wanted, its text first."""
    if each.structure is None:
        return [Item(each.message, SOURCE, each.size, True)]
    root = parse_structure(each.structure)
    text = Part(BODY, "text/plain") if bare_body(root) else text_part(root, prefer)
    items = [_text_item(each, text)]
    if attachments:
        rest = (part for part in leaves(root) if part != text)
        items += (Item(each.message, p.section, p.size, False) for p in rest)
    return items


def _text_item(each: Candidate, text: Part | None) -> Item:
    if text is None:
        return Item(each.message, HEADER_BLOCK, 0, True)
    return Item(each.message, text.section, text.size, True)
