"""The message that an answer carries below itself without quote marks, as Outlook does.

It begins with a block of its header fields (From, Sent, To, Subject, in the language
of who answered) and goes on to the end of the text. What was forwarded is no such
trail: it is there to be read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from tuimail.mail.lines import QUOTED
from tuimail.mail.types import Line

FIELDS_MAX = 30
"""Lines of the block of fields, long lists of names among them."""
LABEL_CELLS = 16
_FIELDS = {
    "from": "from von de da van från fra od lähettäjä отправитель от 发件人 差出人",
    "date": "sent date gesendet datum envoyé enviado enviada inviato data verzonden"
    " skickat sendt wysłano lähetetty дата отправлено fecha 发送时间 送信日時",
    "what": "subject to betreff an objet à assunto para oggetto onderwerp aan ämne till"
    " emne til temat do aihe тема кому 主题 件名",
}
_KINDS = {word: kind for kind, words in _FIELDS.items() for word in words.split()}
_LABEL = re.compile(r"\W{0,2}([^\W\d_]+)\s?\W{0,2}[:：]")
_FORWARDED = re.compile(
    r"forward|weitergeleitet|transf[ée]r|reenviad|encaminhad|inoltrat|doorgestuurd"
    r"|vidarebefordra|videresend|пересыл|przekazan",
    re.I,
)
_WORDED = re.compile(r"-{3,}\s?[^\W\d_][^-]{3,60}-{3,}\s*$")
_RULE = re.compile(r"\s*(?:_{5,}|[─━]{5,})\s*$")
SUBJECT_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|пер)\s*:", re.I)
"""How the subject of a forwarded message begins, in one language or another."""


def trail(lines: Sequence[Line], page: bool = False) -> int | None:
    """The number of the line with which the message answered begins, if there is one.

    In a page a rule that is not drawn here may stand above it instead of an empty line.
    """
    for at, line in enumerate(lines):
        if line and _label(line) and _begins(lines, at, page):
            above = _above(lines, at)
            said = _words(lines[above]) if above is not None else ""
            if _FORWARDED.search(said):
                return None
            worded = _WORDED.match(said) or _RULE.match(said)
            return above if above is not None and worded else at
    return None


def _begins(lines: Sequence[Line], at: int, page: bool) -> bool:
    """Whether a block of fields begins here."""
    before = _words(lines[at - 1]) if at and not page else ""
    if before and not (_WORDED.match(before) or _RULE.match(before)):
        return False
    block = list(takewhile(bool, lines[at : at + FIELDS_MAX]))
    # One of each kind: two fields may stand in any letter.
    return set(map(_label, block)) >= _FIELDS.keys()


def _above(lines: Sequence[Line], at: int) -> int | None:
    """The line with words above a block, at most one empty line between."""
    for back in (at - 1, at - 2):
        if back >= 0 and lines[back]:
            return back
    return None


def _label(line: Line) -> str:
    """The kind of the field with which a line begins; '' for none."""
    return "" if line[0].style in QUOTED else field_kind(line[0].text)


def field_kind(line: str) -> str:
    """`from`, `date` or `what` for a line that begins with such a field, else `''`.

    Known in many languages: `Von: Ann`, `Sent: Monday`, `Objet: …`.
    """
    if ":" not in line[:LABEL_CELLS] and "：" not in line[:LABEL_CELLS]:
        return ""
    found = _LABEL.match(line)
    return _KINDS.get(found[1].casefold(), "") if found else ""


def _words(line: Line) -> str:
    return "".join(span.text for span in line)
