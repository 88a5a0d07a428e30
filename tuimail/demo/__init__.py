"""The sample mailbox and the embedded server behind `tuimail demo`.

`run` starts everything. `server` is an IMAP4rev1 server on the loopback interface
whose extensions can be left out, so tests use it too: `session` reads commands,
`commands*` carry them out on a `mailstore`, whose messages `mime`, `structure`,
`sections`, `fetch` and `search` take apart. `sample` fills the mailboxes: letters
come from the text files in `letters/` and from `older`, `special` and `hostile`.

Nothing here knows the reader: the two meet on the wire only.
"""
