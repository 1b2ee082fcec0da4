"""Mail is sent by SMTP to a server that really listens, encrypted where that was said, and to nobody else."""

import asyncio
import base64
import email
import email.policy
import socket
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from loomwork.kernel.scope import embedded_scope
from loomwork.nodes.ports import EgressRefused
from loomwork.tools.api import (
    ToolCredentialsRefused,
    ToolFailed,
    ToolInputInvalid,
    ToolRefused,
    ToolResult,
    ToolUnavailable,
)
from tests.contracts.tools.exchanging import OtherSide, shipped_tools

OURS = embedded_scope()
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, and a certificate of localhost that it has signed itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    named = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(7).not_valid_before(NOON - timedelta(days=3000)).not_valid_after(NOON + timedelta(days=9000))
    )
    signed = made.add_extension(named, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


class MailServer:
    """Speaks as much of RFC 5321, 3207 and 4954 as a client that submits mail needs."""

    def __init__(self, certificate: Path) -> None:
        self.messages: list[tuple[str, list[str], EmailMessage]] = []
        self.encrypted: list[bool] = []
        self.refused: set[str] = set()
        self.answer = "250 taken"
        self.says_bye = False
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate)
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.server: asyncio.Server | None = None

    async def start(self, *, encrypted: bool = False) -> None:
        context = self.tls if encrypted else None
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
        for writer in self.writers:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        sender, people, signed_in = "", list[str](), False
        writer.write(b"220 test ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.upper()
            if word.startswith("EHLO"):
                is_tls = writer.get_extra_info("ssl_object") is not None
                offered = "250-AUTH PLAIN LOGIN\r\n" if is_tls else "250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n"
                writer.write(f"250-test\r\n{offered}250 SMTPUTF8\r\n".encode())
            elif word == "STARTTLS":
                writer.write(b"220 go on\r\n")
                await writer.drain()
                try:
                    await writer.start_tls(self.tls)
                except (ssl.SSLError, ConnectionError):
                    break
            elif word.startswith("AUTH PLAIN"):
                signed_in = base64.b64decode(line.split()[2]).split(b"\0")[1:] == [b"me@example.org", b"pass-word-1"]
                writer.write(b"235 welcome\r\n" if signed_in else b"535 wrong: pass-word-2\r\n")
            elif word.startswith("MAIL FROM"):
                sender, people = line.partition("<")[2].partition(">")[0], []
                writer.write(b"250 ok\r\n")
            elif word.startswith("RCPT TO"):
                person = line.partition("<")[2].partition(">")[0]
                taken = person not in self.refused
                people += [person] if taken else []
                writer.write(b"250 ok\r\n" if taken else b"550 nobody of that name\r\n")
            elif word == "DATA":
                if self.says_bye:
                    break
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                message = email.message_from_bytes(raw[:-5], policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                self.messages.append((sender, people, message))
                self.encrypted.append(writer.get_extra_info("ssl_object") is not None)
                writer.write(f"{self.answer}\r\n".encode())
            elif word == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()


class LeadingTo:
    """Sockets that lead to the server of the test, whatever host is named."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def address(self, host: str, port: int, *, ports: Collection[int]) -> str:
        raise AssertionError("a connection is asked for")

    async def connected(self, host: str, port: int, *, ports: Collection[int], seconds: float) -> socket.socket:
        if port not in ports:
            raise EgressRefused(f"not to {port}")
        made = socket.socket()
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.server.port))
        return made


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[MailServer]:
    made = MailServer(certificate)
    yield made
    await made.stop()


async def sent(server: MailServer, arguments: dict[str, Any], **credentials: str) -> ToolResult:
    tools = shipped_tools(OtherSide(), sockets=LeadingTo(server))
    known = {"smtp_server": "localhost", "email_account": "me@example.org", "email_password": "pass-word-1"}
    await tools.save_credential(OURS, "email", {**known, **credentials})
    given = {"send_to": "ada@example.org", "subject": "Hi", "email_content": "Text", **arguments}
    return await tools.call(OURS, "langgenius/email/email/send_mail", given, key="the-key")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """The server's certificate is one of those that are trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


async def test_a_mail_is_sent_over_a_connection_that_becomes_an_encrypted_one(
    server: MailServer, trusted: None
) -> None:
    await server.start()
    file = {
        "url": f"data:text/csv;base64,{base64.b64encode(b'a,b').decode()}",
        "name": "t.csv",
        "mime_type": "text/csv",
    }
    more = {"cc": ["Bob <bob@example.org>"], "bcc": "eve@example.org", "subject": "Grüße\nBcc: x@y.org"}
    body = {"email_content": "**Bold** <b>", "convert_to_html": True, "attachments": [file]}
    result = await sent(server, {**more, **body})
    ((sender, people, message),) = server.messages
    assert server.encrypted == [True]
    assert sender == "me@example.org"
    assert people == ["ada@example.org", "bob@example.org", "eve@example.org"] == result.json[0]["sent"]
    assert (message["To"], message["Cc"], message["Bcc"]) == ("ada@example.org", "bob@example.org", None)
    assert message["Subject"] == "Grüße Bcc: x@y.org"
    html = message.get_body(("html",))
    assert html is not None
    assert "<strong>Bold</strong> &lt;b&gt;" in html.get_content()
    assert [each.get_filename() for each in message.iter_attachments()] == ["t.csv"]


async def test_a_mail_is_sent_over_a_connection_that_is_encrypted_from_the_start(
    server: MailServer, trusted: None
) -> None:
    await server.start(encrypted=True)
    await sent(server, {"send_to": '["ada@example.org"]'}, encrypt_method="TLS", smtp_port="465")
    assert server.encrypted == [True]


@pytest.mark.parametrize("method", ["STARTTLS", "TLS"])
async def test_nothing_is_said_to_a_server_whose_certificate_nobody_trusts(server: MailServer, method: str) -> None:
    await server.start(encrypted=method == "TLS")
    with pytest.raises(ToolUnavailable) as failed:
        await sent(server, {}, encrypt_method=method)
    assert server.messages == []
    assert failed.value.unsent is True


async def test_without_encryption_it_is_sent_only_where_that_was_said(server: MailServer) -> None:
    await server.start()
    await sent(server, {}, encrypt_method="NONE", sender="Team <team@example.org>")
    assert server.encrypted == [False]
    assert server.messages[0][0] == "team@example.org"


async def test_those_whom_the_server_does_not_take_are_named(server: MailServer) -> None:
    await server.start()
    server.refused = {"bob@example.org"}
    result = await sent(server, {"send_to": "ada@example.org, bob@example.org"}, encrypt_method="NONE")
    assert result.json == [{"sent": ["ada@example.org"], "refused": ["bob@example.org"]}]
    with pytest.raises(ToolRefused, match="none of the addresses"):
        await sent(server, {"send_to": "bob@example.org"}, encrypt_method="NONE")


async def test_a_wrong_password_is_told_and_not_shown(server: MailServer) -> None:
    await server.start()
    with pytest.raises(ToolCredentialsRefused) as refused:
        await sent(server, {}, encrypt_method="NONE", email_password="pass-word-2")
    assert "pass-word-2" not in str(refused.value)


@pytest.mark.parametrize(("answer", "error"), [("451 later", ToolUnavailable), ("554 never", ToolRefused)])
async def test_an_answer_that_is_no_success_is_a_failure(
    server: MailServer, answer: str, error: type[ToolFailed]
) -> None:
    await server.start()
    server.answer = answer
    with pytest.raises(error, match=answer[4:]):
        await sent(server, {}, encrypt_method="NONE")


async def test_a_connection_that_breaks_off_in_the_middle_is_not_tried_again(server: MailServer) -> None:
    await server.start()
    server.says_bye = True
    with pytest.raises(ToolUnavailable) as failed:
        await sent(server, {}, encrypt_method="NONE")
    assert failed.value.unsent is False


@pytest.mark.parametrize(
    "arguments",
    [
        {"send_to": "nobody"},
        {"send_to": ""},
        {"send_to": "a@b.org\r\nRCPT TO:<c@d.org>"},
        {"send_to": "<a@b.org> <c@d.org>"},
        {"send_to": ["a@b.org>\r\nDATA"]},
        {"send_to": [f"p{number}@example.org" for number in range(101)]},
        {"send_to": "[1"},
        {"cc": "not an address"},
        {"reply_to": "x\n@y.org"},
    ],
)
async def test_what_is_no_address_is_refused_before_anything_is_said(
    server: MailServer, arguments: dict[str, Any]
) -> None:
    await server.start()
    with pytest.raises(ToolInputInvalid):
        await sent(server, arguments, encrypt_method="NONE")
    assert server.messages == []


async def test_it_goes_only_to_the_ports_of_mail(server: MailServer) -> None:
    await server.start()
    with pytest.raises(ToolRefused, match="not to 22"):
        await sent(server, {}, smtp_port="22")
    with pytest.raises(ToolCredentialsRefused):
        await sent(server, {}, smtp_port="x")
