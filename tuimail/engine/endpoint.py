"""Where an account's server is, as the network layer wants it."""

from __future__ import annotations

from tuimail.config import ImapAccount, ServerAccount
from tuimail.net.session import Endpoint


def endpoint_of(account: ServerAccount) -> Endpoint:
    """Where an account's server is, without its secret."""
    return Endpoint(
        account.host,
        account.port,
        account.security,
        account.user,
        account.fingerprint,
        account.insecure,
        account.ca_file,
        account.send_id if isinstance(account, ImapAccount) else False,
    )
