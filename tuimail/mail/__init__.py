"""The pure half: mail data types and decoding; no I/O, no clock."""
