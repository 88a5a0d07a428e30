"""The base subject of a mail: what is left without "Re:", "Fwd:" and names of lists.

RFC 5256 §2.1, and the words that programs in other languages put there instead.
"""

from __future__ import annotations

import re
from functools import lru_cache

_REPLY = (
    "re aw sv vs antw ant odp res rif r ynt atb vá va válasz απ отв ответ"
    " 回复 回覆 答复 答覆 返信 회신 답장 השב رد bls balas"
).split()
_FORWARD = (
    "fw fwd wg vb vl tr rv enc doorst pd tov ilt i̇lt πρθ 转发 轉寄 轉發 転送 전달 הועבר"
).split()
_MOST = 1000
"""Characters of a subject that are looked at."""
_BLOB = r"\[[^\[\]]*\]\s*"
_LEADER = re.compile(
    rf"\s*(?:{_BLOB})*"
    rf"(?:({'|'.join(map(re.escape, _REPLY))})|{'|'.join(map(re.escape, _FORWARD))})"
    rf"\s*(?:\[[^\[\]]*\]|\(\d{{1,3}}\)|\^\d{{1,3}}|\d{{1,2}})?\s*[:：]\s*"
)
_LIST = re.compile(rf"\s*{_BLOB}")
_ANSWER = "re: "


@lru_cache(maxsize=512)
def base_subject(subject: str) -> tuple[str, bool]:
    """The base subject in lower case, and whether the mail calls itself a reply."""
    # All answers to a mail share what was found out about its own subject.
    place = 0
    while subject[place : place + 4].lower() == _ANSWER:
        place += 4
    if not place:
        return _base(subject[:_MOST])
    return _base(subject[place:_MOST])[0], True


@lru_cache(maxsize=1024)
def _base(subject: str) -> tuple[str, bool]:
    text = " ".join(subject.lower().split())
    reply = False
    while True:
        while text.endswith("(fwd)"):
            text = text[:-5].rstrip()
        text, replied = _led(text)
        reply = reply or replied
        if not (text.startswith("[fwd:") and text.endswith("]")):
            return text, reply
        text = text[5:-1].strip()


def _led(text: str) -> tuple[str, bool]:
    """Without what stands before the base subject."""
    place, reply = 0, False
    colon = ":" in text or "\uff1a" in text
    while True:
        if colon and (leader := _LEADER.match(text, place)):
            place, reply = leader.end(), reply or leader[1] is not None
            continue
        blob = _LIST.match(text, place) if "[" in text[place : place + 2] else None
        if blob is None or blob.end() == len(text):
            return text[place:].strip(), reply
        place = blob.end()
