"""What the embedded server can announce; tests take less than all of it."""

from __future__ import annotations

FULL = (
    "LITERAL+ SASL-IR AUTH=PLAIN ID ENABLE NAMESPACE UIDPLUS MOVE CONDSTORE QRESYNC"
    " ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE UNSELECT CHILDREN IDLE PREVIEW"
).split()
"""All that is implemented beside IMAP4rev1."""

CONDSTORE = [each for each in FULL if each not in ("QRESYNC", "ESEARCH")]
"""A server that numbers changes but does not tell what vanished."""

PLAIN = ["AUTH=PLAIN"]
"""IMAP4rev1 and nothing else."""

LOGIN_ONLY = frozenset({"LITERAL+", "SASL-IR", "AUTH=PLAIN", "ID"})
"""What is announced before a login."""

COMMANDS = {
    "ID": "ID",
    "NAMESPACE": "NAMESPACE",
    "ENABLE": "ENABLE",
    "UNSELECT": "UNSELECT",
    "MOVE": "MOVE",
    "IDLE": "IDLE",
    "UID MOVE": "MOVE",
    "UID EXPUNGE": "UIDPLUS",
}
"""Commands that an unannounced extension leaves unknown."""
