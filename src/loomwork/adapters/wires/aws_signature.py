"""AWS Signature Version 4, for requests with a body that is known before they are sent.

See "Create a signed AWS API request" in the user guide of AWS IAM.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")


@dataclass(frozen=True, slots=True)
class AwsKey:
    """`session_token` belongs to keys that were lent for a while."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one service in one region."""

    key: AwsKey
    region: str
    service: str

    def signed(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> dict[str, str]:
        """The headers with those added that make the request a signed one. The path of `url` is percent-encoded as it
        is sent; whoever sends it must not encode it anew. `now` in UTC.
        """
        date = now.strftime("%Y%m%dT%H%M%SZ")
        added = {"X-Amz-Date": date}
        if self.service == "s3":
            added["X-Amz-Content-Sha256"] = hashlib.sha256(body).hexdigest()
        if self.key.session_token:
            added["X-Amz-Security-Token"] = self.key.session_token
        sent = {**headers, **added}
        canonical = {"host": urlsplit(url).netloc, **{name.lower(): _trimmed(value) for name, value in sent.items()}}
        scope = f"{date[:8]}/{self.region}/{self.service}/aws4_request"
        request = _canonical_request(method, url, canonical, body, encodes_twice=self.service != "s3")
        to_sign = "\n".join([ALGORITHM, date, scope, hashlib.sha256(request.encode()).hexdigest()])
        signature = hmac.new(self._signing_key(date[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
        names = ";".join(sorted(canonical))
        credential = f"Credential={self.key.access_key_id}/{scope}"
        sent["Authorization"] = f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
        return sent

    def _signing_key(self, day: str) -> bytes:
        key = f"AWS4{self.key.secret_access_key}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


def region_of(endpoint: str) -> str | None:
    """The region that an address is in, as in `https://bedrock-runtime.eu-central-1.amazonaws.com`."""
    found = _REGION.search(urlsplit(endpoint).netloc)
    return found[1] if found else None


def _canonical_request(method: str, url: str, headers: Mapping[str, str], body: bytes, *, encodes_twice: bool) -> str:
    parts = urlsplit(url)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return "\n".join(
        [
            method,
            # The path is encoded once more than it is sent, with every service but S3.
            quote(parts.path or "/", safe="/-_.~") if encodes_twice else parts.path or "/",
            "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query),
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            ";".join(sorted(headers)),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def _trimmed(value: str) -> str:
    return " ".join(value.split())
