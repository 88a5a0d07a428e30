"""An HTML mail as a page for the browser that runs nothing and phones nobody."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from tuimail.mail.html_bounds import bounded

GONE = (
    "script, meta, base, link, iframe, frame, frameset, object, embed, applet, form,"
    " input, button, video, audio, source, portal"
)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:{remote};"
    " form-action 'none'; base-uri 'none'"
)
_HEAD = (
    '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy"'
    ' content="{policy}"><meta http-equiv="x-dns-prefetch-control" content="off">'
    '<meta name="referrer" content="no-referrer">\n'
)


def private_page(text: str, *, remote: bool = False) -> str:
    """The page without scripts, forms and redirects; `remote` allows its pictures.

    What is taken out cannot run; the policy on top keeps a browser from fetching what
    a style sheet or an attribute that nobody thought of asks for.
    """
    parser = LexborHTMLParser(bounded(text)[0])
    for node in parser.css(GONE):
        node.decompose()
    policy = _POLICY.format(remote=" https: http:" if remote else "")
    body = parser.html or ""
    return _HEAD.format(policy=policy) + body
