"""What one may do in a folder: the letters of RFC 4314, in words and as decisions.

An empty answer and no answer are not the same: rights that were never asked for
(`None`) allow everything, since a server without ACL refuses by itself.
"""

from __future__ import annotations

from enum import Enum

from tuimail.mail.types import Flag

LETTERS = "lrswipkxtea"
"""Every right in the order in which it is said."""
OLD = {"c": "kx", "d": "te"}
"""Rights of RFC 2086 and what each stands for now (RFC 4314 §2.1.1)."""
WORDS = {
    "l": "see it",
    "r": "read",
    "s": "keep what is read",
    "w": "flag",
    "i": "add messages",
    "p": "post to it",
    "k": "make folders below it",
    "x": "rename and delete the folder",
    "t": "mark messages as deleted",
    "e": "remove messages for good",
    "a": "say who may do what",
}
LEVELS = {"reader": "lrs", "writer": "lrswipte", "all": LETTERS}
"""Rights that are usually given together, by the word for them."""
_SAID = {
    "": "nothing",
    "l": "only see that it is there",
    "lr": "read, without keeping what is read",
    **{rights: f"{level}: " for level, rights in LEVELS.items()},
}


class Act(Enum):
    """Something done to a folder or its messages, and the rights all of which it takes.

    The value ends the sentence "You may not …".
    """

    READ = "read this folder"
    SEEN = "mark messages here as read or unread"
    FLAG = "flag messages here"
    DELETE = "delete messages here"
    INSERT = "put messages into this folder"
    CREATE = "make folders below this one"
    REMOVE = "delete or rename this folder"
    GRANT = "see or say who may do what here"


_NEEDS = {
    Act.READ: "r",
    Act.SEEN: "s",
    Act.FLAG: "w",
    Act.DELETE: "te",
    Act.INSERT: "i",
    Act.CREATE: "k",
    Act.REMOVE: "x",
    Act.GRANT: "a",
}


def parse(rights: str) -> str:
    """The rights in a string of letters, in their order, each once, none of them old.

    An old letter beside its new ones says nothing of its own: servers repeat it for
    old clients when *any* of the new ones is there (RFC 4314 §2.1.1). Digits and
    letters that nobody has defined are left out.
    """
    given = set(rights.lower())
    for old, new in OLD.items():
        if old in given and not given & set(new):
            given |= set(new)
    return "".join(letter for letter in LETTERS if letter in given)


def allows(rights: str | None, act: Act) -> bool:
    """Whether rights, as `parse` or the server gives them, are enough for an act."""
    if rights is None:
        return True
    return set(_NEEDS[act]) <= set(parse(rights))


def flag_act(flags: Flag) -> Act:
    r"""What changing these flags is: \Seen and \Deleted have rights of their own."""
    return Act.SEEN if flags == Flag.SEEN else Act.FLAG


def forbidden(rights: str | None, act: Act) -> str:
    """Why an act cannot be done, without a full stop; `''` when it can."""
    if allows(rights, act):
        return ""
    missing = "".join(x for x in _NEEDS[act] if x not in parse(rights or ""))
    word = "right" if len(missing) == 1 else "rights"
    return f"you may not {act.value} ({word} {missing} missing)"


def describe(rights: str) -> str:
    """Rights in words: `reader: see it, read, keep what is read`."""
    known = parse(rights)
    said = _SAID.get(known, "")
    if said and not said.endswith(": "):
        return said
    if known == LETTERS:
        return "all: everything"
    return said + ", ".join(WORDS[letter] for letter in known)


def chosen(typed: str) -> str | None:
    """Rights as people type them: a level or its beginning, or letters; None: neither.

    `''` for `none`: nothing at all.
    """
    word = typed.strip().lower()
    if word in ("none", "-"):
        return ""
    for level, rights in LEVELS.items():
        if word == level or (len(word) > 2 and level.startswith(word)):
            return rights
    if word and set(word) <= set(LETTERS) | set(OLD):
        return parse(word)
    return None
