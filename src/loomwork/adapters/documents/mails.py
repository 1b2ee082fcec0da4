"""A mail (RFC 5322) as blocks: its subject, who wrote whom and when, what it says, and what is attached by its name."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from loomwork.adapters.documents.blocks import blocks_of_markdown, blocks_of_text
from loomwork.adapters.documents.html_text import html_to_markdown
from loomwork.knowledge.domain.parsed import Block, ParsedDocument

SHOWN = ("From", "To", "Cc", "Date")


class MailBroken(ValueError):
    """This is no mail; the message goes on behind the name of the document."""


def parsed_mail(content: bytes) -> ParsedDocument:
    """Attachments are named and not read: each is a document of its own. Raises `MailBroken`."""
    mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
    if not any(name in mail for name in (*SHOWN, "Subject", "Received", "Message-ID")):
        raise MailBroken("is no mail: it has neither sender, nor subject, nor date")
    subject = " ".join(str(mail["Subject"] or "").split())
    blocks = [Block("heading", subject, level=1)] if subject else []
    head = [f"{name}: {' '.join(str(mail[name]).split())}" for name in SHOWN if mail[name]]
    if head:
        blocks.append(Block("text", "\n".join(head)))
    blocks += _body(mail)
    if names := [name for part in mail.iter_attachments() if (name := part.get_filename())]:
        blocks.append(Block("text", f"Attachments: {', '.join(names)}"))
    return ParsedDocument(blocks, title=subject)


def _body(mail: EmailMessage) -> list[Block]:
    body = mail.get_body(("plain", "html"))
    if body is None:
        return []
    try:
        said = str(body.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        payload = body.get_payload(decode=True)
        said = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if body.get_content_type() == "text/html":
        return blocks_of_markdown(html_to_markdown(said))
    return blocks_of_text(said)
