"""Words of strangers, before they are shown to anybody: short, on one line, and without the key."""

import re

LONGEST_MESSAGE = 500
"""Characters that are kept of a vendor's message."""
SHOWN_KEY = 8
"""A vendor may echo a key with its middle masked; what shares this many of its first characters is hidden too."""


def secretless(text: str, secret: str | None) -> str:
    """The text on one line and not too long, with nothing of the secret left in it."""
    if secret:
        text = text.replace(secret, "***")
        if len(secret) > SHOWN_KEY:
            text = re.sub(re.escape(secret[:SHOWN_KEY]) + r"\S*", "***", text)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_MESSAGE else line[:LONGEST_MESSAGE] + "..."
