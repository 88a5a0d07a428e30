"""One showing of a message: its blocks laid out, with how it stands with their seals.

What was encrypted is a message of its own: it is parsed, and its blocks are laid out
one by one; nothing of it is ever put into one document with anything outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tuimail.engine import crypto
from tuimail.engine.crypto import Opened
from tuimail.engine.document import SIGNED_WHOLE_MAX, Pages, octets_part
from tuimail.engine.render import Renderer
from tuimail.engine.seals import Seals
from tuimail.engine.unbox import unbox
from tuimail.mail.boxes import has_uu, is_box
from tuimail.mail.pictures import Pictured, names
from tuimail.mail.reading import Block, blocks
from tuimail.mail.sealed import (
    PGP,
    Sealed,
    Verdict,
    around,
    inline,
    is_signed,
    sealed,
    signed_octets,
)
from tuimail.mail.sections import section_of
from tuimail.mail.structure import leaves
from tuimail.mail.text_frame import Frame, cut_note
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import ContentId, Part, RenderedText, Section

DECODED_MAX = 512 * 1024
"""Octets of a text in transfer encoding that are looked through for something else."""
DEPTH_MAX = 3
"""Sealed parts within sealed parts that are opened."""
TEXT = Part(Section(""), "text/plain", (("charset", "utf-8"),), encoding="8bit")


class Source(NamedTuple):
    """Where the octets of a message, or of what was opened in it, come from."""

    content: ContentId
    octets: Callable[[Section], bytes | None]
    prefix: str = ""
    """Before the sections of what was opened, e.g. `2/`."""

    def key(self, section: Section) -> tuple[ContentId, Section]:
        """What a part is remembered by."""
        return self.content, Section(self.prefix + section)


class Showing:
    """Lays blocks out, one below the other."""

    def __init__(
        self,
        renderer: Renderer,
        seals: Seals,
        frame: Frame,
        prefer: str,
        sender: str,
        cancelled: Callable[[], bool],
        again: Callable[[], None],
        begun: Callable[[RenderedText], None],
        pictures: tuple[Pictured, ...] = (),
    ) -> None:
        """`again` is called when a seal is known that was not; `begun` with the
        beginning of a long text that stands first. `pictures` will be shown."""
        self.pages = Pages(frame.width)
        self.pending = False
        """Something is still being looked at; `again` will be called."""
        self._renderer = renderer
        self._seals = seals
        self._frame = frame
        self._prefer = prefer
        self._sender = sender
        self._cancelled = cancelled
        self._again = again
        self._begun = begun
        self._pictures = pictures
        self._cut: set[Section] = set()
        """Sections of which only the beginning may be here."""

    def put(
        self,
        shown: tuple[Block, ...],
        source: Source,
        limits: Mapping[Section, int] | None = None,
        depth: int = 0,
    ) -> None:
        """Lay out these blocks; `limits` are octets of parts that were cut."""
        self._cut = {section for section, limit in (limits or {}).items() if limit}
        partly = any(block.seal is not None for block in shown)
        last: Part | None = None
        for at, block in enumerate(shown):
            if partly and (block.seal is not last or (not at and block.seal is None)):
                self._say_seal(block.seal, source)
            last = block.seal
            how = sealed(block.part)
            if how is not None and how.payload is not None:
                self._open(block, how, source, depth)
            else:
                self._put(block, source, limits or {}, depth)

    def _put(
        self, block: Block, source: Source, limits: Mapping[Section, int], depth: int
    ) -> None:
        part = octets_part(block.part)
        if part is None:
            self.pages.card(block)
            return
        data = source.octets(part.section)
        if data is None:
            self.pages.say("A part of this message is not here yet; Enter fetches it.")
            return
        if part.media_type == "text/plain" and (holder := _holder(data, part)):
            if kind := inline(holder):
                self._put_inline(block, holder, kind, source)
                return
            if has_uu(holder):
                self._unbox(block, holder, "uu", source, depth)
                return
        if is_box(part.media_type, part.filename):
            decoded = decode_transfer(data, part.encoding)
            self._unbox(block, decoded, "tnef", source, depth)
            return
        self._render(block, data, names(self._pictures, source.prefix))
        limit = limits.get(part.section, 0)
        if limit and len(data) >= limit:
            self.pages.say(cut_note(limit))

    def _render(
        self, block: Block, data: bytes, pictures: tuple[tuple[str, int], ...] = ()
    ) -> None:
        frame = self._frame._replace(first_link=self.pages.next_link, pictures=pictures)
        begun = self._begun if self.pages.empty else _ignore
        self.pages.add(block, self._renderer.render(data, block.part, frame, begun))

    # -- seals ------------------------------------------------------------------

    def _say_seal(self, node: Part | None, source: Source) -> None:
        if node is None:
            self.pages.seal("Not signed, what follows here:", warning=True)
            return
        how = sealed(node)
        if how is None or how.signed is None or how.signature is None:
            self.pages.seal("Signed in a way that is not known here; not checked.")
            return
        if not crypto.available(how.protocol):
            self._tell(crypto.missing(how.protocol, "Signed"))
            return
        found = self._seals.get(source.key(node.section))
        if found is None:
            found = self._check(node, how, source)
        if found is not None:
            self._tell(found.verdict)

    def _check(self, node: Part, how: Sealed, source: Source) -> Opened | None:
        """Have a signature checked, where all it is over is here."""
        assert how.signed is not None
        assert how.signature is not None
        header = source.octets(mime_section(how.signed))
        body = source.octets(how.signed.section)
        signature = source.octets(how.signature.section)
        cut = not source.prefix and how.signed.section in self._cut
        if cut or header is None or body is None or signature is None:
            self.pages.seal(_not_here(how.signed))
            return None
        whole = signed_octets(header, body)
        said = decode_transfer(signature, how.signature.encoding)

        def work() -> Opened:
            check = crypto.verify
            verdict = check(whole, said, how.protocol, self._sender, self._cancelled)
            return Opened(b"", verdict)

        self._wait(source.key(node.section), work, "Signed; being checked …")
        return None

    def _open(self, block: Block, how: Sealed, source: Source, depth: int) -> None:
        """Decrypt or unwrap a part, and lay out what is in it."""
        assert how.payload is not None
        if not crypto.available(how.protocol):
            self._tell(crypto.missing(how.protocol, "Encrypted"))
            return
        data = source.octets(how.payload.section)
        if data is None:
            self.pages.say("What is encrypted is not here yet; Enter fetches it.")
            return
        decoded = decode_transfer(data, how.payload.encoding)
        opaque = how.kind == "opaque"
        wrapped = opaque and is_signed(decoded, _smime_type(block.part))
        key = source.key(block.part.section)

        def work() -> Opened:
            opened = self._decrypt(decoded, how.protocol, wrapped)
            if wrapped and not opened.octets:
                # Nobody said which of both it is.
                opened = self._decrypt(decoded, how.protocol, False)
            return opened

        found = self._seals.get(key)
        if found is None:
            self._wait(key, work, "Encrypted; being opened …")
            return
        self._tell(found.verdict)
        if found.root is not None and depth < DEPTH_MAX:
            self._put_inner(found, source, f"{key[1]}/", depth)
            self.pages.seal("End of what was sealed.")

    def _put_inner(
        self, opened: Opened, source: Source, prefix: str, depth: int
    ) -> None:
        """A MIME entity that was within a part, block by block."""
        assert opened.root is not None
        octets = opened.octets
        within = Source(source.content, lambda each: section_of(octets, each), prefix)
        self.put(blocks(opened.root, self._prefer), within, None, depth + 1)

    def _unbox(
        self, block: Block, data: bytes, kind: str, source: Source, depth: int
    ) -> None:
        """Lay out the texts of a box; its files are in the list of parts then."""
        key = source.key(block.part.section)
        found = self._seals.get(key)
        if found is None:
            self.pending = True
            self._seals.look(key, lambda: unbox(data, kind), self._again)
            return
        if found.verdict.sentence:
            self.pages.say(found.verdict.sentence)
        if found.root is not None and depth < DEPTH_MAX:
            self._put_inner(found, source, f"{key[1]}/", depth)
            self.pages.say("The files in it are in the list of parts (p).")
        elif kind == "uu":
            self._render(block._replace(part=_decoded(block.part)), data)

    def _put_inline(self, block: Block, text: bytes, kind: str, source: Source) -> None:
        """PGP within a text: what was sealed, and apart from it what stands around."""
        if not crypto.available(PGP):
            self._tell(crypto.missing(PGP, "Encrypted or signed"))
            self._render(block._replace(part=_decoded(block.part)), text)
            return
        before, within, behind = around(text, kind)
        key = source.key(block.part.section)
        found = self._seals.get(key)
        if found is None:

            def work() -> Opened:
                opened = self._decrypt(within, PGP, kind == "signed")
                # A text, and no message with parts.
                return opened._replace(entity=False)

            self._wait(key, work, "Being opened …")
            self._render(block._replace(part=_decoded(block.part)), text)
            return
        self._around(before)
        self._tell(found.verdict)
        shown = found.octets or within
        self._render(Block(TEXT), shown)
        self.pages.seal("End of what was sealed.")
        self._around(behind)

    def _around(self, text: bytes) -> None:
        if text.strip():
            self.pages.seal("Not sealed, what follows here:", warning=True)
            self._render(Block(TEXT), text)

    def _decrypt(self, data: bytes, protocol: str, signed: bool) -> Opened:
        return crypto.decrypt(
            data, protocol, self._sender, self._cancelled, signed=signed
        )

    def _wait(
        self, key: tuple[ContentId, Section], work: Callable[[], Opened], words: str
    ) -> None:
        self.pending = True
        self.pages.seal(words)
        self._seals.look(key, work, self._again)

    def _tell(self, verdict: Verdict) -> None:
        self.pages.seal(verdict.sentence, warning=verdict.warning)


def _holder(data: bytes, part: Part) -> bytes:
    """The decoded text where it may hold something of another kind, else `b''`."""
    plain = part.encoding.lower() in ("", "7bit", "8bit", "binary")
    if not plain and len(data) > DECODED_MAX:
        return b""
    decoded = data if plain else decode_transfer(data, part.encoding)
    held = b"-----BEGIN PGP" in decoded or b"begin " in decoded
    return decoded if held else b""


def mime_section(part: Part) -> Section:
    """The header of a part (RFC 9051 §6.4.5)."""
    return Section(f"{part.section}.MIME")


def _not_here(signed: Part) -> str:
    size = sum(part.size for part in leaves(signed))
    if size > SIGNED_WHOLE_MAX:
        return "Signed; too long to be checked here."
    return "Signed; not checked, since not all of it is here. W fetches it."


def _smime_type(part: Part) -> str:
    return part.param("smime-type").lower()


def _decoded(part: Part) -> Part:
    return part._replace(encoding="8bit")


def _ignore(text: RenderedText) -> None:
    """Nobody waits for the beginning of what stands further down."""
