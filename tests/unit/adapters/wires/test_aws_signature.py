"""origin: documented. The vectors are those of the Signature Version 4 test suite that AWS publishes; the key is its
example."""

from datetime import UTC, datetime

import pytest

from loomwork.adapters.wires.aws_signature import AwsKey, Signer, region_of

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwt"
    "hAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVX"
    "AkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "token", "signature"),
    [
        ("GET", "/", {}, b"", None, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", {}, b"", None, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            {},
            b"",
            None,
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET",
            "/?%E1%88%B4=bar",
            {},
            b"",
            None,
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ),
        (
            "POST",
            "/",
            FORM,
            b"Param1=value1",
            None,
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
        ("POST", "/", {}, b"", TOKEN, "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    ],
)
def test_a_request_is_signed_as_the_published_vectors_say(
    method: str, target: str, headers: dict[str, str], body: bytes, token: str | None, signature: str
) -> None:
    signer = Signer(AwsKey("AKIDEXAMPLE", SECRET, token), "us-east-1", "service")
    signed = signer.signed(method, f"https://example.amazonaws.com{target}", headers, body, now=NOW)
    assert signed["Authorization"].endswith(f"Signature={signature}")
    assert signed["X-Amz-Date"] == "20150830T123600Z"
    assert signed.get("X-Amz-Security-Token") == token


def test_a_key_does_not_show_its_secrets() -> None:
    shown = repr(AwsKey("AKIDEXAMPLE", SECRET, TOKEN))
    assert "AKIDEXAMPLE" in shown
    assert SECRET not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/", "us-gov-west-1"),
        ("https://proxy.acme.test/bedrock.us-east-1.x", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_an_address_of_aws_says_its_region(endpoint: str, region: str | None) -> None:
    assert region_of(endpoint) == region
