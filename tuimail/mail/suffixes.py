"""The part of a host name that somebody has registered, told by a short list.

The full list of public suffixes has ten thousand lines and changes weekly. A suffix
missing here makes two sites look like one only when both stand right below it.
"""

from __future__ import annotations

_SECOND = frozenset(
    "ac asn co com edu firm gen go gob gouv gov govt gv id ind info k12 ltd mil ne net"
    " nic nom or org plc police sch web".split()
)
"""Second levels below a country's code, as in `co.uk` and `com.au`."""
_SHARED = frozenset(
    "amazonaws.com appspot.com azurewebsites.net blogspot.com cloudfront.net"
    " firebaseapp.com fly.dev github.io gitlab.io glitch.me herokuapp.com"
    " livejournal.com myshopify.com netlify.app ngrok.io ngrok-free.app onrender.com"
    " pages.dev r2.dev repl.co sharepoint.com square.site substack.com surge.sh"
    " tumblr.com typepad.com vercel.app web.app webflow.io weebly.com windows.net"
    " wixsite.com wordpress.com workers.dev".split()
)
"""Hosts below which anybody may have a name."""


def registrable(host: str) -> str:
    """What of a lower-case host name belongs to one owner: `shop.co.uk`."""
    labels = host.rstrip(".").split(".")
    if len(labels) < 3:
        return ".".join(labels)
    last = ".".join(labels[-2:])
    country = len(labels[-1]) == 2 and labels[-2] in _SECOND
    return ".".join(labels[-3:]) if country or last in _SHARED else last
