"""What was found out about sealed parts, and what was inside: in memory only.

Checking takes its time and may ask for a passphrase, so it has a thread of its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from tuimail.engine.crypto import Opened
from tuimail.engine.jobs import Priority
from tuimail.engine.worker import Worker
from tuimail.mail.bodystructure import body_structure
from tuimail.mail.mime import parse
from tuimail.mail.sections import section_of
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import ContentId, Part, Section

KEPT_MAX = 40
"""Parts whose state is remembered."""
OCTETS_MAX = 64 * 1024 * 1024
Key = tuple[ContentId, Section]


class Seals:
    """Verdicts and opened contents of the messages that were read last."""

    def __init__(self) -> None:
        self._worker = Worker("keys")
        self._lock = threading.Lock()
        self._known: OrderedDict[Key, Opened] = OrderedDict()
        self._waiting: dict[Key, list[Callable[[], None]]] = {}

    def close(self) -> None:
        """Forget all that was opened."""
        self._worker.close()
        with self._lock:
            self._known.clear()

    def get(self, key: Key) -> Opened | None:
        """What is known of a part; None before it was looked at."""
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def look(
        self, key: Key, work: Callable[[], Opened], then: Callable[[], None]
    ) -> None:
        """Have a part looked at by `work`, once, and call `then` when it is known."""
        with self._lock:
            waiting = self._waiting.setdefault(key, [])
            waiting.append(then)
            if len(waiting) > 1:
                return
        self._worker.start()
        self._worker.submit(Priority.OPEN, lambda: self._look(key, work))

    def octets(self, content: ContentId, section: Section) -> bytes | None:
        """Octets of a part inside an opened one: `2/1.3` is 1.3 within 2."""
        outer, slash, inner = section.rpartition("/")
        opened = self.get((content, Section(outer))) if slash else None
        return None if opened is None else section_of(opened.octets, Section(inner))

    def expanded(self, content: ContentId, part: Part) -> Part:
        """A tree of parts with what was opened of it; `2/1.3` is 1.3 within 2."""
        parts = tuple(self.expanded(content, each) for each in part.parts)
        opened = self.get((content, part.section))
        if opened is not None and opened.root is not None:
            within = _prefixed(opened.root, f"{part.section}/")
            parts = (*parts, self.expanded(content, within))
        return part._replace(parts=parts) if parts else part

    def _look(self, key: Key, work: Callable[[], Opened]) -> None:
        try:
            opened = work()
            if opened.octets and opened.entity:
                # Here, since it may be long and is asked for by the screen.
                root = parse_structure(body_structure(parse(opened.octets)))
                opened = opened._replace(root=root)
            with self._lock:
                self._known[key] = opened
                self._forget()
        finally:
            with self._lock:
                waiting = self._waiting.pop(key, [])
        for then in waiting:
            then()

    def _forget(self) -> None:
        """Keep to the limits: what was looked at longest ago goes first."""
        while len(self._known) > 1 and (
            len(self._known) > KEPT_MAX
            or sum(len(o.octets) for o in self._known.values()) > OCTETS_MAX
        ):
            self._known.popitem(last=False)


def _prefixed(part: Part, prefix: str) -> Part:
    """A tree within another; how deep it may be, its parser bounds."""
    parts = tuple(_prefixed(each, prefix) for each in part.parts)
    return part._replace(section=Section(prefix + part.section), parts=parts)
