"""tuimail: a mail reader for the terminal; an IMAP server is its file server."""

__version__ = "0.1.0"
