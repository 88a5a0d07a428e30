"""The tables of both databases, and the steps from one version to the next.

`state.db` holds what must not be lost, `cache.db` what can be fetched again: deleting
`cache.db` at any moment is safe. A migration is one SQL script, run in a transaction;
its place in the tuple, counted from 1, is the `user_version` it leads to. Released
scripts are never edited.
"""

from __future__ import annotations

from typing import NamedTuple


class Schema(NamedTuple):
    """One database: who it is and how it came to be what it is."""

    application_id: int
    """Written to the file header, so that a foreign file is never taken for ours."""
    migrations: tuple[str, ...]
    incremental_vacuum: bool = False
    """Free pages can be given back; must be chosen before the first table."""

    @property
    def version(self) -> int:
        """The newest version this program knows."""
        return len(self.migrations)


_ACCOUNTS = """
CREATE TABLE account(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK(kind IN('imap','pop3','local')),
  caps TEXT, caps_at INT, server_id TEXT,
  quirks TEXT NOT NULL DEFAULT '{}',
  net_mode TEXT NOT NULL DEFAULT 'auto'
    CHECK(net_mode IN('auto','online','offline','paused')),
  last_ok INT, last_error TEXT, fail_count INT NOT NULL DEFAULT 0, retry_at INT);

CREATE TABLE mailbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INT NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,                    -- decoded and safe to show
  wire_name BLOB NOT NULL,               -- its identity on the server
  delim TEXT NOT NULL DEFAULT '', role TEXT, attrs TEXT NOT NULL DEFAULT '',
  subscribed INT NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'ok' CHECK(state IN(
    'ok','noselect','creating','renaming','deleting','gone','local')),
  mailboxid TEXT,                        -- RFC 8474
  gen INT NOT NULL DEFAULT 1,            -- our epoch: +1 on every UIDVALIDITY change
  uidvalidity INT, uidnext INT,
  modseq INT,                            -- applied through; NULL: none
  permanentflags TEXT, readonly INT NOT NULL DEFAULT 0,
  srv_messages INT, srv_unseen INT, srv_status_at INT,
  known INT NOT NULL DEFAULT 0,          -- rows with view_id = id
  held INT NOT NULL DEFAULT 0,           -- rows with a UID in this generation
  policy TEXT NOT NULL DEFAULT 'window'
    CHECK(policy IN('ignore','headers','window','all')),
  policy_days INT, policy_maxsize INT, pinned INT NOT NULL DEFAULT 0,
  synced_at INT, deep_at INT,
  UNIQUE(account_id, wire_name));
CREATE UNIQUE INDEX mailbox_role ON mailbox(account_id, role) WHERE role IS NOT NULL;

CREATE TABLE span(                       -- every existing message in lo..hi has a row
  mailbox_id INT NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  lo INT NOT NULL, hi INT NOT NULL CHECK(hi>=lo),
  PRIMARY KEY(mailbox_id, lo)) WITHOUT ROWID;
"""

# Content ids are never used twice (AUTOINCREMENT): a part that outlived its content in
# cache.db must not turn up as the body of another message.
_MESSAGES = """
CREATE TABLE content(                    -- immutable; shared by copies of one message
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INT NOT NULL REFERENCES account(id),
  ident BLOB,                            -- digest that tells copies; NULL: not shared
  size INT NOT NULL, date INT,
  attach INT NOT NULL DEFAULT 0, suspect INT NOT NULL DEFAULT 0,
  text_here INT NOT NULL DEFAULT 0,      -- its text is in cache.db
  subject TEXT NOT NULL, sender_name TEXT NOT NULL, sender_addr TEXT NOT NULL,
  problem TEXT NOT NULL DEFAULT '',
  msgid TEXT, emailid TEXT, thread_id INT, preview TEXT,
  envelope TEXT NOT NULL,                -- the whole envelope, decoded, JSON
  structure BLOB);                       -- BODYSTRUCTURE as it came
CREATE UNIQUE INDEX content_ident ON content(account_id, ident) WHERE ident IS NOT NULL;
CREATE INDEX content_emailid ON content(account_id, emailid)
  WHERE emailid IS NOT NULL;
CREATE INDEX content_thread ON content(thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX content_here ON content(id) WHERE text_here<>0;

CREATE TABLE msg(                        -- one instance of a message in one mailbox
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- ours, stable over moves, never used twice
  content_id INT NOT NULL REFERENCES content(id),
  mailbox_id INT NOT NULL REFERENCES mailbox(id),   -- where the server holds it
  gen INT NOT NULL,
  uid INT,                               -- NULL: not on the server or not located
  view_id INT,                           -- where the user sees it; NULL: hidden
  internaldate INT NOT NULL, savedate INT, modseq INT,
  s INT NOT NULL DEFAULT 0, s_kw TEXT NOT NULL DEFAULT '',     -- server, confirmed
  f_add INT NOT NULL DEFAULT 0, f_del INT NOT NULL DEFAULT 0,  -- in flight
  p_add INT NOT NULL DEFAULT 0, p_del INT NOT NULL DEFAULT 0,  -- pending
  kw TEXT NOT NULL DEFAULT '',           -- both delta layers for keywords, JSON
  eff INT GENERATED ALWAYS AS (((((s|f_add)&~f_del)|p_add)&~p_del)) VIRTUAL,
  absent INT NOT NULL DEFAULT 0,         -- 1: missed once; 2: gone, ops refer to it;
                                         -- 3: to be made by a copy
  CHECK(p_add & p_del = 0), CHECK(f_add & f_del = 0));
CREATE UNIQUE INDEX msg_uid ON msg(mailbox_id, gen, uid) WHERE uid IS NOT NULL;
CREATE INDEX msg_view ON msg(view_id, internaldate, id);
CREATE INDEX msg_unseen ON msg(view_id, internaldate, id) WHERE (eff & 1)=0;
CREATE INDEX msg_dirty ON msg(mailbox_id) WHERE (p_add|p_del|f_add|f_del)<>0;
CREATE INDEX msg_absent ON msg(mailbox_id) WHERE absent<>0;
CREATE INDEX msg_content ON msg(content_id);
"""

_OPERATIONS = """
CREATE TABLE op(                         -- journal of what the user wants
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INT NOT NULL REFERENCES account(id),
  group_id INT NOT NULL,                 -- one gesture: what an undo takes back
  kind TEXT NOT NULL CHECK(kind IN('flag','move','copy','expunge','append','draft',
    'send','mkbox','mvbox','rmbox','subscribe','popdel')),
  src_id INT, dst_id INT, arg TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL DEFAULT 'queued' CHECK(state IN('queued','held','running',
    'unsure','waiting','asking','failed','done','void')),
  undone INT NOT NULL DEFAULT 0,         -- 1: taken back, or itself a taking back
  not_before INT, tries INT NOT NULL DEFAULT 0, err_class TEXT, err TEXT,
  created INT NOT NULL, changed INT NOT NULL,
  epoch INT);                            -- which engine run claimed it
CREATE INDEX op_live ON op(account_id, id) WHERE state NOT IN('done','void');
CREATE INDEX op_undo ON op(group_id) WHERE undone=0;

CREATE TABLE op_msg(
  op_id INT NOT NULL REFERENCES op(id) ON DELETE CASCADE,
  msg_id INT NOT NULL REFERENCES msg(id) ON DELETE CASCADE,
  state TEXT NOT NULL DEFAULT 'todo'
    CHECK(state IN('todo','sent','done','gone','failed')),
  delta TEXT NOT NULL DEFAULT '',        -- flags still to be sent, JSON
  did TEXT NOT NULL DEFAULT '',          -- what the gesture changed on screen, JSON
  pre TEXT, result TEXT,                 -- evidence before, outcome after a command
  PRIMARY KEY(op_id, msg_id)) WITHOUT ROWID;
CREATE INDEX op_msg_msg ON op_msg(msg_id);
CREATE TABLE op_dep(
  op_id INT NOT NULL REFERENCES op(id) ON DELETE CASCADE, needs INT NOT NULL,
  PRIMARY KEY(op_id, needs)) WITHOUT ROWID;
CREATE TABLE op_log(
  id INTEGER PRIMARY KEY, op_id INT NOT NULL, at INT NOT NULL, what TEXT NOT NULL,
  wire TEXT);
"""

_REST = """
CREATE TABLE draft(
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, account_id INT,
  rev INT NOT NULL DEFAULT 0, up_rev INT NOT NULL DEFAULT 0, msg_id INT,
  state TEXT NOT NULL DEFAULT 'editing',
  blob_key TEXT NOT NULL,                -- file name in the vault
  updated INT NOT NULL);
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY, op_id INT NOT NULL UNIQUE REFERENCES op(id),
  message_id TEXT NOT NULL UNIQUE, envelope TEXT NOT NULL, blob_key TEXT NOT NULL,
  phase TEXT NOT NULL DEFAULT 'ready'
    CHECK(phase IN('ready','data','unsure','accepted','refused')),
  smtp_reply TEXT, send_at INT);
CREATE TABLE pop_item(
  account_id INT NOT NULL REFERENCES account(id), uidl TEXT NOT NULL,
  occ INT NOT NULL DEFAULT 0,
  state TEXT NOT NULL
    CHECK(state IN('seen','top','stored','deleting','gone','skipped')),
  msg_id INT, size INT, fp BLOB, first_seen INT NOT NULL, last_listed INT NOT NULL,
  stored_at INT, age_s INT NOT NULL DEFAULT 0, want_delete INT NOT NULL DEFAULT 0,
  PRIMARY KEY(account_id, uidl, occ)) WITHOUT ROWID;
CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) WITHOUT ROWID;
"""

# What is shown elsewhere than it lies: few rows at any time, counted for every folder.
_PLACES = """
CREATE INDEX msg_away ON msg(mailbox_id) WHERE view_id IS NOT mailbox_id;
CREATE INDEX msg_come ON msg(view_id) WHERE view_id IS NOT mailbox_id;
CREATE INDEX msg_lost ON msg(mailbox_id) WHERE uid IS NULL;
CREATE INDEX op_group ON op(group_id);
"""

# The maildrop as `store/maildrop.py` has it; the table from before was never filled.
_MAILDROP = """
DROP TABLE pop_item;
CREATE TABLE pop_item(
  account_id INT NOT NULL REFERENCES account(id), uidl TEXT NOT NULL, occ INT NOT NULL,
  key TEXT NOT NULL,                     -- of its file in the Maildir, also before
  state TEXT NOT NULL CHECK(
    state IN('listed','waiting','stored','purged','skipped','gone')),
  folder BLOB NOT NULL, letters TEXT NOT NULL, size INT NOT NULL,
  arrival INT NOT NULL, header BLOB, fingerprint BLOB, digest BLOB,
  octets INT NOT NULL, first_seen INT NOT NULL, last_listed INT NOT NULL,
  stored_at INT NOT NULL, age_s INT NOT NULL, absent INT NOT NULL,
  removal INT NOT NULL CHECK(removal IN(0,1,2)),
  PRIMARY KEY(account_id, uidl, occ));
CREATE INDEX pop_key ON pop_item(account_id, key);
CREATE INDEX pop_digest ON pop_item(account_id, digest) WHERE digest IS NOT NULL;
CREATE INDEX pop_waiting ON pop_item(account_id, folder) WHERE state='waiting';
"""

# What triage needs: settings of folders, what one may do there, how much room is left,
# and what the user wants to be kept out of sight, found again or learned.
_TRIAGE = """
ALTER TABLE content ADD COLUMN list_id TEXT
  GENERATED ALWAYS AS (json_extract(envelope, '$.l')) VIRTUAL;
ALTER TABLE mailbox ADD COLUMN hidden INT NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE mailbox ADD COLUMN rights TEXT;   -- MYRIGHTS (RFC 4314); NULL: not asked
ALTER TABLE mailbox ADD COLUMN owner TEXT NOT NULL DEFAULT '';  -- of a shared one
DROP INDEX msg_view;                     -- with its content, for words are of contents
CREATE INDEX msg_view ON msg(view_id, internaldate, id, content_id);
DROP INDEX msg_unseen;
CREATE INDEX msg_unseen ON msg(view_id, internaldate, id, content_id)
  WHERE (eff & 1)=0;
CREATE INDEX msg_time ON msg(internaldate, id, content_id) WHERE view_id IS NOT NULL;
CREATE TABLE quota(                      -- RFC 9208
  account_id INT NOT NULL REFERENCES account(id), root TEXT NOT NULL,
  resource TEXT NOT NULL, used INT NOT NULL, most INT NOT NULL, at INT NOT NULL,
  PRIMARY KEY(account_id, root, resource)) WITHOUT ROWID;
CREATE TABLE saved_search(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, query TEXT NOT NULL);
CREATE TABLE snooze(                     -- out of sight until then
  msg_id INTEGER PRIMARY KEY REFERENCES msg(id) ON DELETE CASCADE, until INT NOT NULL);
CREATE TABLE muted(                      -- conversations, by one of their Message-IDs
  account_id INT NOT NULL REFERENCES account(id), msgid TEXT NOT NULL,
  PRIMARY KEY(account_id, msgid)) WITHOUT ROWID;
CREATE TABLE filed(                      -- where mail of a sender or a list was moved
  account_id INT NOT NULL REFERENCES account(id), who TEXT NOT NULL,
  mailbox_id INT NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  times INT NOT NULL, last INT NOT NULL,
  PRIMARY KEY(account_id, who, mailbox_id)) WITHOUT ROWID;
"""

# New mail that rules have not settled: without a rule's name, no rule has seen it.
_RULED = """
CREATE TABLE ruled(
  msg_id INT NOT NULL REFERENCES msg(id) ON DELETE CASCADE,
  mailbox_id INT NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,  -- where it came to
  rule TEXT NOT NULL,
  why TEXT NOT NULL CHECK(why IN('new','text','folder','many')),
  PRIMARY KEY(msg_id, rule)) WITHOUT ROWID;
CREATE INDEX ruled_mailbox ON ruled(mailbox_id);
DELETE FROM meta WHERE k GLOB 'rules-*';
"""

# Ids of messages whose headers are still to come (`store/numbering.py`).
_KEPT_IDS = """
CREATE TABLE kept_ids(
  mailbox_id INT NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  lo INT NOT NULL, hi INT NOT NULL,      -- UIDs of this generation
  first INT NOT NULL,                    -- the id of `lo`
  PRIMARY KEY(mailbox_id, lo)) WITHOUT ROWID;
"""

# What is done stays for a month: what is still open of a message is found without it.
_OPEN = """
DROP INDEX op_msg_msg;
CREATE INDEX op_msg_msg ON op_msg(msg_id, state);
"""

_CACHE = """
CREATE TABLE part(                       -- a fetched piece of a message
  content_id INT NOT NULL, section TEXT NOT NULL,
  enc TEXT NOT NULL CHECK(enc IN('z','r','f')),  -- zlib, raw, name of a file
  rawlen INT NOT NULL, kept INT NOT NULL,        -- octets before and after encoding
  text INT NOT NULL DEFAULT 0,                   -- it makes the message readable
  fetched INT NOT NULL, used INT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY(content_id, section));
CREATE INDEX part_lru ON part(used, kept);
CREATE TABLE want(
  content_id INT NOT NULL, section TEXT NOT NULL, why TEXT NOT NULL,
  prio INT NOT NULL, size INT, tries INT NOT NULL DEFAULT 0,
  PRIMARY KEY(content_id, section)) WITHOUT ROWID;
CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) WITHOUT ROWID;
"""

# Words of what is here, by content id; without the texts themselves. A row cannot be
# taken out without them (SQLite before 3.43), so it stays until the index is made anew:
# ids are never used twice, and what is gone joins nothing.
_WORDS = """
CREATE VIRTUAL TABLE head_words USING fts5(subject, sender, rcpt, list,
  content='', columnsize=0, tokenize="unicode61 remove_diacritics 2", prefix='1 2 3');
CREATE VIRTUAL TABLE body_words USING fts5(body,
  content='', columnsize=0, tokenize="unicode61 remove_diacritics 2");
CREATE TABLE body_indexed(content_id INTEGER PRIMARY KEY);
"""

# Conversations of contents (`mail/threads.py`). Keys are digests of a Message-ID or a
# subject together with the account. A group is what hangs together by Message-IDs; few
# groups are joined to others by a subject, only these are in `thread_joined`.
_THREADS = """
CREATE TABLE thread(
  content_id INTEGER PRIMARY KEY, group_id INT NOT NULL, account_id INT NOT NULL,
  date INT NOT NULL, key INT NOT NULL, base INT NOT NULL, loose INT NOT NULL,
  refs BLOB NOT NULL,                    -- keys, eight octets each
  joins INT);                            -- the content it is joined to by its subject
CREATE INDEX thread_group ON thread(group_id);
CREATE INDEX thread_base ON thread(base) WHERE base<>0;
CREATE INDEX thread_loose ON thread(base) WHERE loose<>0;
CREATE INDEX thread_joins ON thread(group_id) WHERE joins IS NOT NULL;
CREATE TABLE thread_key(key INTEGER PRIMARY KEY, group_id INT NOT NULL);
CREATE TABLE thread_joined(group_id INTEGER PRIMARY KEY, thread_id INT NOT NULL);
CREATE INDEX thread_joined_thread ON thread_joined(thread_id);
"""

# What changed of conversations, batch by batch; NULL: anything may have.
_THREAD_NEWS = """
CREATE TABLE thread_news(id INTEGER PRIMARY KEY AUTOINCREMENT, groups BLOB);
"""

STATE = Schema(
    0x7475696D,
    (
        _ACCOUNTS + _MESSAGES + _OPERATIONS + _REST,
        *(_PLACES, _MAILDROP, _TRIAGE, _RULED, _KEPT_IDS, _OPEN),
    ),
)
"""state.db; its application id spells `tuim`."""
CACHE = Schema(
    0x74756963, (_CACHE, _WORDS, _THREADS, _THREAD_NEWS), incremental_vacuum=True
)
"""cache.db; its application id spells `tuic`."""
