"""Our text of a page has the words that another program found in it, in order."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import pytest

from tuimail.mail.html import render_html

FOLDER = "html2text-tests/test"
WIDTH = 120
DIFFERENCES = {
    "hidden text is not shown": {
        "doc_with_table": (1.0, 0.94),
        "no_p_in_table": (1.0, 0.95),
        "pad_table": (1.0, 0.97),
        "table_ignore": (1.0, 0.97),
        "wrap_tables": (1.0, 0.96),
    },
    "they have no text of it at all": {"GoogleDocSaved_two": (0.0, 1.0)},
    "they wrote markup on demand": {
        "abbr_tag": (1.0, 0.33),
        "doc_with_table_bypass": (1.0, 0.56),
        "images_as_html": (1.0, 0.24),
        "images_with_size": (1.0, 0.23),
        "mark_code": (1.0, 0.88),
        "sub_tag": (0.94, 0.81),
        "sup_tag": (0.92, 0.75),
        "html_entities_out_of_text": (0.66, 0.66),
    },
    "a picture without words is named when it is a link": {
        "default_image_alt": (0.0, 0.0),
        "images_with_div_wrap": (0.0, 1.0),
    },
    "they put blanks between what touches": {
        "emphasis_preserved_whitespace": (0.96, 0.93),
        "lrm_inside_i": (0.0, 0.0),
        "rlm_inside_strong": (0.0, 0.0),
        "no_inline_links_nested": (0.0, 0.0),
        "normal": (0.95, 0.97),
        "normal_escape_snob": (0.95, 0.97),
    },
}
"""Why a page differs, and the least precision and recall it keeps."""
FLOORS = {name: floor for each in DIFFERENCES.values() for name, floor in each.items()}


class Agreement(NamedTuple):
    """Words of one page: theirs, ours, and those that both have in one order."""

    theirs: int
    ours: int
    both: int

    @property
    def precision(self) -> float:
        """How many of our words they have."""
        return self.both / self.ours if self.ours else 1.0

    @property
    def recall(self) -> float:
        """How many of their words we have."""
        return self.both / self.theirs if self.theirs else 1.0


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.replace("_", " ").lower())


def of_markdown(text: str) -> list[str]:
    for pattern, kept in (
        (r"(?m)^\s*\[\d+\]: .*(?:\n {4,}.*)?$", ""),
        (r"!\[([^\]]*)\]\([^)]*\)", r"\1"),
        (r"\]\(\s*<?[^)]*\)", "] "),
        (r"\]\[\d+\]", "]"),
        (r"\\(.)", r"\1"),
        (r"(?m)^ *\d+\.( |$)", ""),
        (r"(?m)^\s*[-|: ]+$", ""),
    ):
        text = re.sub(pattern, kept, text)
    return words(text)


def of_page(html: str) -> list[str]:
    shown = render_html(html, WIDTH)
    numbers = {f"[{link.number}]" for link in shown.links}
    lines = ["".join(span.text for span in line) for line in shown.lines]
    text = "\n".join(re.sub(r"^[> ]*\d+\. ", "", line) for line in lines)
    return words(re.sub(r"\[\d+\]", lambda m: "" if m[0] in numbers else m[0], text))


def agreement(page: Path) -> Agreement:
    theirs = of_markdown(page.with_suffix(".md").read_text("utf-8", "replace"))
    ours = of_page(page.read_text("utf-8", "replace"))
    blocks = SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks()
    return Agreement(len(theirs), len(ours), sum(block.size for block in blocks))


def pages(corpora: Path) -> list[Path]:
    found = sorted((corpora / FOLDER).glob("*.html"))
    if not found:
        pytest.skip("needs the pages of html2text")
    return found


def test_pages_have_the_words_that_another_program_finds(corpora: Path) -> None:
    low = {}
    for page in pages(corpora):
        found = agreement(page)
        precision, recall = FLOORS.get(page.stem, (1.0, 1.0))
        if found.precision < precision or found.recall < recall:
            low[page.stem] = (round(found.precision, 3), round(found.recall, 3))
    assert low == {}


def test_no_difference_is_explained_that_is_none(corpora: Path) -> None:
    names = {page.stem: page for page in pages(corpora)}
    same = [
        name
        for name in FLOORS
        if name in names and agreement(names[name])[0:2] == agreement(names[name])[1:3]
    ]
    assert same == []


def report(corpora: Path) -> str:
    """A row of the table of agreement: pages, those that are equal, both rates."""
    found = [agreement(page) for page in pages(corpora)]
    theirs, ours, both = (sum(column) for column in zip(*found, strict=True))
    equal = sum(each.theirs == each.ours == each.both for each in found)
    return (
        f"| html2text-tests | {len(found)} pages | {equal} equal word for word |"
        f" precision {both / ours:.3f}, recall {both / theirs:.3f} |"
    )


if __name__ == "__main__":
    import os

    print(report(Path(os.environ["TUIMAIL_CORPORA"])))
