"""A private Dovecot on loopback, started for a test run and killed after it."""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

CONFIG = """
base_dir = {root}/run
state_dir = {root}/run
instance_name = tuimail-test-{imap}
protocols = imap pop3
listen = 127.0.0.1
log_path = {root}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 0
disable_plaintext_auth = no
auth_mechanisms = plain login
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
mail_fsync = never
mail_location = maildir:~/Maildir:LAYOUT=fs
mailbox_list_index = yes
mail_max_userip_connections = 100
auth_failure_delay = 0
mail_plugins = acl quota
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
  default_fields = uid={user} gid={group} home={root}/home/%u
}}
namespace inbox {{
  type = private
  inbox = yes
  separator = /
  prefix =
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Archive {{
    auto = create
    special_use = \\Archive
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
namespace public {{
  type = public
  separator = /
  prefix = Public/
  location = maildir:{root}/public:LAYOUT=fs:INDEXPVT=~/public
  subscriptions = no
  list = children
}}
namespace shared {{
  type = shared
  separator = /
  prefix = shared/%%u/
  location = maildir:%%h/Maildir:LAYOUT=fs:INDEXPVT=~/shared/%%u
  subscriptions = no
  list = children
}}
plugin {{
  acl = vfile:cache_secs=0
  acl_shared_dict = file:{root}/shared.db
  quota = count:User quota
  quota_rule = *:storage=1G
  quota_rule2 = *:messages=200000
  quota2 = count:Public room:ns=Public/
  quota2_rule = *:storage=10M
  quota_vsizes = yes
}}
protocol imap {{
  mail_plugins = $mail_plugins imap_acl imap_quota
}}
protocol pop3 {{
  pop3_uidl_format = %08Xu%08Xv
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
PASSWORD = "pw"
USERS = 20_000
TINY = 1_000
"""Users with room for very little."""
TINY_KIB = 50


def available() -> bool:
    """Whether a Dovecot is installed. Under CI a missing one is a failure."""
    found = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None and os.environ.get("CI"):
        raise RuntimeError("CI needs Dovecot: apt-get install dovecot-imapd")
    return found is not None


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at the moment."""
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


class Dovecot:
    """One server; runs as `nobody` when the tests run as root."""

    def __init__(self) -> None:
        # Sockets live below it, and their paths must be short.
        self.root = Path(tempfile.mkdtemp(prefix="dv-", dir="/tmp"))
        self.root.chmod(0o755)
        self.imap, self.imaps, self.pop3, self.pop3s = free_ports(4)
        account = pwd.getpwuid(os.geteuid())
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
        self._account = account
        self._process: subprocess.Popen[bytes] | None = None
        self._used = self._tiny = 0
        self._seeded: dict[Path, int] = {}
        self._prepare()

    def start(self) -> None:
        """Start it and wait for its greeting."""
        env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin"}
        identity = {}
        if os.geteuid() == 0:
            identity = {
                "user": self._account.pw_uid,
                "group": self._account.pw_gid,
                "extra_groups": [],
            }
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self.root / "dovecot.conf")],
            start_new_session=True,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **identity,
        )
        self._await_greeting()

    def stop(self) -> None:
        """Kill the whole process group at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def fresh_user(self) -> str:
        """The name of a user nobody has used."""
        self._used += 1
        return f"user{self._used}"

    def tiny_user(self) -> str:
        """The name of a user nobody has used who has room for TINY_KIB KiB."""
        self._tiny += 1
        return f"tiny{self._tiny}"

    def publish(self, mailbox: str, *lines: str) -> None:
        """Make a public mailbox; `lines` say who may what: `anyone lrs`."""
        folder = self.root / "public" / mailbox
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "dovecot-acl").write_text("".join(f"{line}\n" for line in lines))
        self._own(self.root / "public")

    def share(self, owner: str, mailbox: str, user: str, rights: str = "lrs") -> None:
        """Let `user` into a mailbox of `owner`, who gets it if he has none such."""
        with imaplib.IMAP4("127.0.0.1", self.imap) as client:
            client.login(owner, PASSWORD)
            client.create(mailbox)
            status, words = client.setacl(mailbox, user, rights)
            if status != "OK":
                raise RuntimeError(f"SETACL was refused: {words!r}")

    def seed(self, user: str, messages: list[bytes], mailbox: str = "") -> None:
        """Put messages into a mailbox (INBOX by default), oldest first."""
        folder = self.root / "home" / user / "Maildir" / mailbox
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        # Never a name twice: messages may have gone meanwhile.
        have = self._seeded.get(folder, 0)
        self._seeded[folder] = have + len(messages)
        for number, raw in enumerate(messages, have):
            path = folder / "cur" / f"{1_700_000_000 + number}.M{number}P1.test:2,"
            path.write_bytes(raw)
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        self._own(self.root / "home" / user)

    def adopt(self, user: str, maildir: Path) -> None:
        """Give a user a copy of a Maildir as the inbox, as another program left it."""
        home = self.root / "home" / user
        shutil.copytree(maildir, home / "Maildir")
        self._own(home)

    def _prepare(self) -> None:
        for name in ("run", "home", "public"):
            (self.root / name).mkdir()
        group = grp.getgrgid(self._account.pw_gid).gr_name
        config = CONFIG.format(
            root=self.root,
            imap=self.imap,
            imaps=self.imaps,
            pop3=self.pop3,
            pop3s=self.pop3s,
            user=self._account.pw_name,
            group=group,
        )
        (self.root / "dovecot.conf").write_text(config)
        # All at once: Dovecot notices a changed file only after a second.
        users = [f"user{n}:{{PLAIN}}{PASSWORD}::::::\n" for n in range(1, USERS)]
        room = f"userdb_quota_rule=*:storage={TINY_KIB}K"
        users += [f"tiny{n}:{{PLAIN}}{PASSWORD}::::::{room}\n" for n in range(1, TINY)]
        (self.root / "users").write_text("".join(users))
        make_certificate(self.root, "localhost", "127.0.0.1")
        self._own(self.root)

    def _own(self, top: Path) -> None:
        if os.geteuid() == 0:
            for path in (top, *top.rglob("*")):
                # A lock may be gone by now: the server is at work meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _await_greeting(self) -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.imap), 1) as sock:
                    if sock.recv(100):
                        return
            except OSError:
                continue
        log = self.root / "dovecot.log"
        raise RuntimeError(log.read_text() if log.exists() else "Dovecot is silent")


def make_certificate(folder: Path, name: str, address: str) -> None:
    """A certificate signed by itself, `cert.pem` and `key.pem`."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9"),
            *(
                "-subj",
                f"/CN={name}",
                "-addext",
                f"subjectAltName=DNS:{name},IP:{address}",
            ),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
