"""What a person may do without a link, and what the server must hold in the end.

Each scenario starts from the same mail, does its gestures while nothing is connected,
and names the expected state. It is run whole, and with a fault at every point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.fault.bench import Bench
from tuimail.mail.types import Flag

START = {"INBOX": (1, 2, 3, 4, 5), "Archive": (9,), "Trash": (7,)}
"""Messages by mailbox before anything is done."""


def seed(bench: Bench) -> None:
    """Fill the mailboxes and have the client know them."""
    for mailbox, numbers in START.items():
        bench.seed(mailbox, *numbers)
    bench.sync()


@dataclass(frozen=True)
class Scenario:
    """Gestures, and the state they lead to."""

    name: str
    act: Callable[[Bench], object]
    expected: dict[str, str]
    """Messages by mailbox, as `1 2:seen`; a mailbox that is not named is as before."""
    folders: frozenset[str] = frozenset()
    """Folders that exist besides the usual ones."""
    remote: bool = False
    """Somebody else did it: the screen cannot know before it is told."""

    def wanted(self) -> dict[str, Counter[str]]:
        """The expected state, as the bench reads it from the Maildir."""
        texts = {box: " ".join(map(str, n)) for box, n in START.items()} | self.expected
        return {box: Counter(text.split()) for box, text in texts.items() if text}


def flags(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1, 2), add=Flag.SEEN)
    bench.acts.set_flags(bench.ids("INBOX", 2, 3), add=Flag.FLAGGED)
    bench.acts.set_flags(bench.ids("INBOX", 2), remove=Flag.SEEN)


def move(bench: Bench) -> None:
    bench.acts.move(bench.ids("INBOX", 1, 2), bench.box("Archive"))


def move_twice(bench: Bench) -> None:
    ids = bench.ids("INBOX", 1)
    bench.acts.move(ids, bench.box("Archive"))
    bench.acts.move(ids, bench.box("Sent"))


def move_read(bench: Bench) -> None:
    ids = bench.ids("INBOX", 1, 2)
    bench.acts.set_flags(ids, add=Flag.SEEN)
    bench.acts.archive(ids)
    bench.acts.set_flags(ids[:1], add=Flag.FLAGGED)


def copy(bench: Bench) -> None:
    bench.acts.copy(bench.ids("INBOX", 1, 2), bench.box("Archive"))


def copy_twice(bench: Bench) -> None:
    for _ in range(2):
        bench.acts.copy(bench.ids("INBOX", 1), bench.box("Archive"))


def copy_and_move_the_copy(bench: Bench) -> None:
    bench.acts.copy(bench.ids("INBOX", 1), bench.box("Archive"))
    bench.acts.move(bench.ids("Archive", 1), bench.box("Sent"))


def copy_then_flag(bench: Bench) -> None:
    ids = bench.ids("INBOX", 1)
    bench.acts.copy(ids, bench.box("Archive"))
    bench.acts.set_flags(ids, add=Flag.FLAGGED)


def delete(bench: Bench) -> None:
    bench.acts.delete(bench.ids("INBOX", 1, 2, 3))


def move_then_delete(bench: Bench) -> None:
    ids = bench.ids("INBOX", 1)
    bench.acts.move(ids, bench.box("Archive"))
    bench.acts.delete(ids)


def remove(bench: Bench) -> None:
    bench.acts.remove(bench.ids("INBOX", 1, 2), grace_s=0)


def empty_trash(bench: Bench) -> None:
    bench.acts.delete(bench.ids("INBOX", 1))
    bench.acts.remove(bench.ids("Trash"), grace_s=0)


def junk(bench: Bench) -> None:
    bench.acts.junk(bench.ids("INBOX", 1, 2), True)


def file_into_new_folder(bench: Bench) -> None:
    made = bench.acts_on_folders.create("work", "Lists/fresh")
    bench.acts.move(bench.ids("INBOX", 1, 2), made)


def rename_folder(bench: Bench) -> None:
    bench.acts.move(bench.ids("INBOX", 1), bench.box("Archive"))
    bench.acts_on_folders.rename(bench.box("Archive"), "Old/mail")


def delete_folder(bench: Bench) -> None:
    bench.acts.move(bench.ids("Archive", 9), bench.box("INBOX"))
    bench.acts_on_folders.delete(bench.box("Archive"))


def undone(bench: Bench) -> None:
    bench.acts.move(bench.ids("INBOX", 1), bench.box("Archive"))
    bench.acts.copy(bench.ids("INBOX", 2), bench.box("Archive"))
    bench.acts.remove(bench.ids("INBOX", 3))
    for _ in range(3):
        bench.acts.undo()


def others_work(bench: Bench) -> None:
    """Another client flags, removes and moves, and mail comes."""
    with bench.other() as client:
        client.uid("STORE", "1", "+FLAGS", "(\\Flagged)")
        client.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", "2")
        client.uid("MOVE", "3", "Archive")
    bench.seed("INBOX", 50)


def all_at_once(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX"), add=Flag.SEEN)
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.acts.delete(bench.ids("INBOX", 2))
    bench.acts.copy(bench.ids("INBOX", 3), bench.box("Sent"))
    bench.acts.remove(bench.ids("INBOX", 4), grace_s=0)
    bench.acts.move(bench.ids("Trash", 7), bench.box("INBOX"))


SCENARIOS = (
    Scenario("flags", flags, {"INBOX": "1:seen 2:flagged 3:flagged 4 5"}),
    Scenario("move", move, {"INBOX": "3 4 5", "Archive": "1 2 9"}),
    Scenario("move twice", move_twice, {"INBOX": "2 3 4 5", "Sent": "1"}),
    Scenario(
        "move what was read",
        move_read,
        {"INBOX": "3 4 5", "Archive": "1:flagged:seen 2:seen 9"},
    ),
    Scenario("copy", copy, {"Archive": "1 2 9"}),
    Scenario("copy twice", copy_twice, {"Archive": "1 1 9"}),
    Scenario("copy and move the copy", copy_and_move_the_copy, {"Sent": "1"}),
    Scenario(
        "copy, then flag",
        copy_then_flag,
        {"INBOX": "1:flagged 2 3 4 5", "Archive": "1 9"},
    ),
    Scenario("delete", delete, {"INBOX": "4 5", "Trash": "1 2 3 7"}),
    Scenario(
        "move then delete", move_then_delete, {"INBOX": "2 3 4 5", "Trash": "1 7"}
    ),
    Scenario("remove", remove, {"INBOX": "3 4 5"}),
    Scenario("empty trash", empty_trash, {"INBOX": "2 3 4 5", "Trash": ""}),
    Scenario("junk", junk, {"INBOX": "3 4 5", "Junk": "1 2"}, frozenset({"Junk"})),
    Scenario(
        "file into a new folder",
        file_into_new_folder,
        {"INBOX": "3 4 5", "Lists/fresh": "1 2"},
        frozenset({"Lists/fresh"}),
    ),
    Scenario(
        "rename folder",
        rename_folder,
        {"INBOX": "2 3 4 5", "Archive": "", "Old/mail": "1 9"},
        frozenset({"Old/mail"}),
    ),
    Scenario("delete folder", delete_folder, {"INBOX": "1 2 3 4 5 9", "Archive": ""}),
    Scenario("undone", undone, {}),
    Scenario(
        "others work",
        others_work,
        {"INBOX": "1:flagged 4 5 50", "Archive": "3 9"},
        remote=True,
    ),
    Scenario(
        "all at once",
        all_at_once,
        {
            "INBOX": "5:seen 3:seen 7",
            "Archive": "1:seen 9",
            "Trash": "2:seen",
            "Sent": "3:seen",
        },
    ),
)
