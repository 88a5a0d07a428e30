"""Mailbox names: modified UTF-7 (RFC 3501 §5.1.3) and what names stand for."""

from __future__ import annotations

import base64
import binascii

from tuimail.mail.types import Role

ATTRIBUTES = {
    "\\inbox": Role.INBOX,
    "\\drafts": Role.DRAFTS,
    "\\sent": Role.SENT,
    "\\archive": Role.ARCHIVE,
    "\\junk": Role.JUNK,
    "\\trash": Role.TRASH,
    "\\all": Role.ALL,
    "\\flagged": Role.FLAGGED,
    "\\important": Role.IMPORTANT,
}
"""SPECIAL-USE attributes (RFC 6154, RFC 8457)."""

COMMON_NAMES = {
    Role.DRAFTS: "drafts draft entwürfe brouillons borradores bozze concepten utkast "
    "kladder luonnokset rascunhos szkice koncepty черновики 草稿 草稿箱 "
    "下書き 임시보관함",
    Role.SENT: "sent|sent items|sent mail|sent messages|gesendet|gesendete elemente|"
    "gesendete objekte|envoyés|éléments envoyés|messages envoyés|enviados|"
    "elementos enviados|inviati|posta inviata|verzonden|verzonden items|skickat|"
    "skickade objekt|sendt|sendte elementer|lähetetyt|wysłane|odeslané|отправленные|"
    "已发送|已发送邮件|寄件備份|送信済み|送信済みアイテム|보낸편지함",
    Role.ARCHIVE: "archive archives archiv archivo archivio archief arkiv arkisto "
    "arquivo archiwum архив 归档 アーカイブ",
    Role.JUNK: "junk|spam|junk e-mail|junk email|bulk mail|junk-e-mail|spamverdacht|"
    "indésirables|courrier indésirable|correo no deseado|posta indesiderata|"
    "ongewenste e-mail|skräppost|søppelpost|roskaposti|lixo eletrônico|спам|"
    "垃圾邮件|迷惑メール|스팸메일함",
    Role.TRASH: "trash|deleted|deleted items|deleted messages|bin|papierkorb|"
    "gelöschte elemente|gelöschte objekte|corbeille|éléments supprimés|papelera|"
    "elementos eliminados|cestino|posta eliminata|prullenbak|verwijderde items|"
    "papperskorgen|borttagna objekt|papirkurv|slettede elementer|roskakori|lixeira|"
    "lixo|kosz|koš|корзина|удаленные|已删除|已删除邮件|ゴミ箱|削除済みアイテム|휴지통",
}
"""Names that clients and servers give to folders of a role, without SPECIAL-USE."""

_BY_NAME = {
    name: role
    for role, names in COMMON_NAMES.items()
    for name in (names.split("|") if "|" in names else names.split())
}


def decode(wire: bytes) -> str:
    """A mailbox name from the wire; what is not valid is shown as it stands.

    Servers with UTF8=ACCEPT send plain UTF-8, which is taken as well.
    """
    text = wire.decode("utf-8", "replace")
    if "&" not in text:
        return text
    first, *rest = text.split("&")
    return first + "".join(_shifted(piece) for piece in rest)


def _shifted(piece: str) -> str:
    code, dash, tail = piece.partition("-")
    if not dash:
        return "&" + piece
    if not code:
        return "&" + tail
    try:
        padded = code.replace(",", "/") + "=" * (-len(code) % 4)
        decoded = base64.b64decode(padded, validate=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "&" + piece
    return decoded + tail


def encode(name: str) -> bytes:
    """A mailbox name for the wire, in modified UTF-7."""
    pieces: list[str] = []
    run = ""
    for character in name:
        if " " <= character <= "~":
            pieces.append(_shift(run))
            run = ""
            pieces.append("&-" if character == "&" else character)
        else:
            run += character
    pieces.append(_shift(run))
    return "".join(pieces).encode("ascii")


def _shift(run: str) -> str:
    if not run:
        return ""
    coded = base64.b64encode(run.encode("utf-16-be", "surrogatepass")).decode()
    return f"&{coded.rstrip('=').replace('/', ',')}-"


def role_by_attributes(attributes: frozenset[str]) -> Role | None:
    """What the server says the mailbox is for."""
    return next((ATTRIBUTES[a] for a in sorted(attributes) if a in ATTRIBUTES), None)


def role_by_name(name: str, delimiter: str) -> Role | None:
    """What its name says, at the top level or right below INBOX."""
    levels = name.split(delimiter) if delimiter else [name]
    if levels[0].upper() == "INBOX":
        if len(levels) == 1:
            return Role.INBOX
        levels = levels[1:]
    return _BY_NAME.get(levels[0].casefold()) if len(levels) == 1 else None


def quoted(wire: bytes) -> bytes:
    """A name as a quoted string; ValueError for what no name may hold."""
    if any(octet in wire for octet in b"\r\n\0"):
        raise ValueError("a mailbox name cannot hold CR, LF or NUL")
    return b'"' + wire.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
