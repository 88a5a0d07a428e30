"""tuimail: a mail reader for the terminal that treats an IMAP server as a file server."""

__version__ = "0.1.0"
