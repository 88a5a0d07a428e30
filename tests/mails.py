"""Messages for tests, made here."""

from __future__ import annotations


def mail(number: int = 1, **fields: str) -> bytes:
    """A plain message; fields override or add header lines."""
    header = {
        "From": f"Ann Lee <ann{number}@example.org>",
        "To": "Bob <bob@example.org>",
        "Subject": f"message {number}",
        "Date": "Mon, 23 Nov 2026 08:21:00 +0100",
        "Message-ID": f"<m{number}@example.org>",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    body = header.pop("body", f"text of message {number}\n")
    lines = "".join(f"{name}: {value}\n" for name, value in header.items())
    return (lines + "\n" + body).replace("\n", "\r\n").encode("utf-8")


def mails(count: int) -> list[bytes]:
    """So many plain messages, numbered from 1."""
    return [mail(number) for number in range(1, count + 1)]


def with_attachment(octets: int) -> bytes:
    """A message of a short text and a big attachment."""
    line = "A" * 76 + "\n"
    return mail(
        1,
        Content_Type='multipart/mixed; boundary="b"',
        body="--b\nContent-Type: text/plain\n\nthe text\n--b\n"
        'Content-Type: application/pdf; name="big.pdf"\n'
        'Content-Disposition: attachment; filename="big.pdf"\n'
        "Content-Transfer-Encoding: base64\n\n" + line * (octets // 57) + "--b--\n",
    )
