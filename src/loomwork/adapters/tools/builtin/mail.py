"""Sends e-mail by SMTP (RFC 5321), over a connection that the gate has made."""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from loomwork.adapters.egress import Sockets
from loomwork.adapters.tools.asking import clean
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.nodes.ports import EgressFailed, EgressRefused
from loomwork.tools.api import ToolCredentialsRefused, ToolInputInvalid, ToolRefused, ToolUnavailable
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["send_mail"]

PORTS = frozenset({465, 587, 2465, 2525, 2587})
"""Those of submission (RFC 6409, RFC 8314) and what is offered beside them; 25 is for servers among themselves."""
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
MOST_PEOPLE = 100
_ADDRESS = re.compile(r"[^\s<>@,;\"\\()\[\]:\x00-\x1f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})")
_NAMED = re.compile(r"[^<>\x00-\x1f]{0,100}<([^<>]+)>")


async def send_mail(call: ToolCall, world: ToolWorld) -> ToolResult:
    """One message to all of them."""
    if world.sockets is None:
        raise ToolUnavailable("No mail can be sent from here.", unsent=True)
    message, people = await _message(call, world)
    refused = await _sent(message, people, call.credentials, world.sockets)
    sent = [address for address in people if address not in refused]
    text = f"Sent to {', '.join(sent)}." + (f" Refused: {', '.join(refused)}." if refused else "")
    return ToolResult(text, json=[{"sent": sent, "refused": list(refused)}])


async def _message(call: ToolCall, world: ToolWorld) -> tuple[EmailMessage, list[str]]:
    given = call.arguments
    to, cc, bcc = (_addresses(given.get(name), name) for name in ("send_to", "cc", "bcc"))
    people = list(dict.fromkeys([*to, *cc, *bcc]))
    if not to or len(people) > MOST_PEOPLE:
        raise ToolInputInvalid(f"A mail goes to 1 to {MOST_PEOPLE} addresses.", parameter="send_to")
    message = EmailMessage()
    sender = _addresses(call.credentials.get("sender") or call.credentials.get("email_account"), "sender")
    if len(sender) != 1:
        raise ToolCredentialsRefused("The credentials name no address that mail is from.", unsent=True)
    headers = {"From": sender[0], "To": ", ".join(to), "Cc": ", ".join(cc), "Reply-To": given.get("reply_to") or ""}
    headers["Reply-To"] = ", ".join(_addresses(headers["Reply-To"], "reply_to"))
    headers |= {"Subject": " ".join(given["subject"].split())[:500], "Date": formatdate()}
    # The same for each repetition, so that whoever gets it twice can tell.
    headers["Message-ID"] = make_msgid(call.key[:40], domain=sender[0].rpartition("@")[2])
    for name, value in headers.items():
        if value:
            message[name] = value
    message.set_content(given["email_content"])
    if given["convert_to_html"]:
        message.add_alternative(await asyncio.to_thread(_html, given["email_content"]), subtype="html")
    for file in given.get("attachments") or ():
        await _attach(message, file, call, world)
    return message, people


async def _attach(message: EmailMessage, file: File, call: ToolCall, world: ToolWorld) -> None:
    content = await bytes_of(call.scope, file, world)
    main, _, sub = (file.mime_type or "application/octet-stream").partition("/")
    name = re.sub(r"[\x00-\x1f]", "_", file.name or "file")[:200]
    message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=name)


def _html(text: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


def _addresses(given: Any, parameter: str) -> list[str]:
    """Those of a list, of a list written as JSON, or of a text with commas. Raises `ToolInputInvalid`."""
    if isinstance(given, str) and given.strip().startswith("["):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise ToolInputInvalid("The addresses are no list.", parameter=parameter) from None
    each = re.split(r"[,;]", given) if isinstance(given, str) else given or []
    found = [str(one).strip() for one in each if str(one).strip()] if isinstance(each, list) else []
    return [_address(one, parameter) for one in found]


def _address(text: str, parameter: str) -> str:
    named = _NAMED.fullmatch(text)
    address = named[1].strip() if named is not None else text
    if not _ADDRESS.fullmatch(address):
        raise ToolInputInvalid(f"{text[:60]!r} is no address for e-mail.", parameter=parameter)
    return address


async def _sent(
    message: EmailMessage, people: Sequence[str], credentials: Mapping[str, str], sockets: Sockets
) -> Sequence[str]:
    """Whom the server does not take."""
    # Here, because most processes never send mail.
    import aiosmtplib

    host, port = credentials["smtp_server"], _port(credentials["smtp_port"])
    try:
        connection = await sockets.connected(host, port, ports=PORTS, seconds=CONNECT_SECONDS)
    except EgressRefused as error:
        raise ToolRefused(error.message, reason=error.code, unsent=True) from error
    except EgressFailed as error:
        raise ToolUnavailable(error.message, unsent=True) from error
    method = credentials["encrypt_method"]
    # It is given the connection, so it asks nobody for an address; the name is what the certificate is held against.
    client = aiosmtplib.SMTP(
        hostname=host,
        sock=connection,
        timeout=ANSWER_SECONDS,
        use_tls=method == "TLS",
        start_tls=method == "STARTTLS",
        tls_context=ssl.create_default_context() if method != "NONE" else None,
        local_hostname="localhost",
    )
    signed_in = False
    try:
        await _opened(client, credentials)
        signed_in = True
        refused, _ = await client.send_message(message, recipients=list(people))
        with suppress(aiosmtplib.SMTPException):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _failure(error, credentials, unsent=not signed_in) from None
    finally:
        client.close()
    return list(refused)


async def _opened(client: Any, credentials: Mapping[str, str]) -> None:
    """Connected, and signed in."""
    await client.connect()
    account, password = credentials.get("email_account"), credentials.get("email_password")
    if account and password:
        await client.login(account, password)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65536:
        raise ToolCredentialsRefused("The port of the mail server is no number of a port.", unsent=True)
    return int(text)


def _failure(error: Exception, credentials: Mapping[str, str], *, unsent: bool) -> ToolRefused | ToolUnavailable:
    import aiosmtplib

    said = clean(str(getattr(error, "message", "") or ""), [credentials.get("email_password", "")])
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return ToolCredentialsRefused(f"The mail server does not accept the credentials: {said}", unsent=True)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return ToolRefused("The mail server takes none of the addresses.", unsent=True)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if 400 <= error.code < 500:
            return ToolUnavailable(f"The mail server cannot take it now: {said}", unsent=True)
        return ToolRefused(f"The mail server refuses: {said}", unsent=True)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return ToolUnavailable("The mail server speaks no TLS that can be trusted.", unsent=True)
    return ToolUnavailable("The mail server broke off, or did not answer in time.", unsent=unsent)
