"""Foreign mail opened by the real program, octet by octet.

Every tenth message; all of them: `python -m tests.corpora.terminal FOLDER`.
"""

from __future__ import annotations

from pathlib import Path

from tests.corpora.terminal import foreign
from tests.ui.door import opened

STEP = 10


def test_no_foreign_message_controls_the_terminal(
    corpora: Path, tmp_path: Path
) -> None:
    mails = foreign(corpora)[::STEP]
    assert len(mails) > 100
    assert opened(tmp_path, mails) == []
