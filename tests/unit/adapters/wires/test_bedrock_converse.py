from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from loomwork.adapters.wires.aws_signature import AwsKey, Signer
from loomwork.adapters.wires.bedrock_converse import BedrockConverseWire
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from tests.unit.adapters.wires.calls import a_call
from tests.unit.adapters.wires.exchanges import bedrock as said
from tests.unit.adapters.wires.scripted_provider import Script, ScriptedProvider, events_of

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//token=="
LENT = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": SECRET, "session_token": TOKEN, "region": "eu-central-1"}


@pytest.fixture
async def bedrock() -> AsyncIterator[BedrockConverseWire]:
    wire = BedrockConverseWire(now=lambda: NOW)
    yield wire
    await wire.close()


def plays(acme: ScriptedProvider, *pieces: bytes, **more: Any) -> str:
    acme.script = Script(pieces, **{"content_type": "application/vnd.amazon.eventstream", **more})
    return acme.url.removesuffix("/v1")


async def test_what_is_sent_is_what_was_signed(acme: ScriptedProvider, bedrock: BedrockConverseWire) -> None:
    url = plays(acme, said.TEXT)
    call = a_call(connection=Connection(url, values=LENT), params={"stop": "ü"})
    call = type(call)(**{name: getattr(call, name) for name in call.__slots__} | {"model": "eu.acme.one-v1:0"})
    await events_of(bedrock, call)
    assert acme.paths == ["/model/eu.acme.one-v1%3A0/converse-stream"]
    sent = acme.headers[0]
    assert sent["X-Amz-Security-Token"] == TOKEN
    named = sent["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: value for name, value in sent.items() if name.lower() in named and name.lower() != "host"}
    own = {name: value for name, value in headers.items() if not name.startswith("X-Amz")}
    signer = Signer(AwsKey("AKIDEXAMPLE", SECRET, TOKEN), "eu-central-1", "bedrock")
    again = signer.signed("POST", f"{url}{acme.paths[0]}", own, orjson.dumps(acme.bodies[0]), now=NOW)
    assert again["Authorization"] == sent["Authorization"]


@pytest.mark.parametrize("missing", ["access_key_id", "secret_access_key", "region"])
async def test_a_credential_that_is_missing_is_named_before_anything_is_sent(
    acme: ScriptedProvider, bedrock: BedrockConverseWire, missing: str
) -> None:
    url = plays(acme, said.TEXT)
    values = {name: value for name, value in LENT.items() if name != missing}
    with pytest.raises(ModelUnavailable, match="secret access key") as caught:
        await events_of(bedrock, a_call(connection=Connection(url, values=values)))
    assert (caught.value.cause, acme.paths) == ("not_configured", [])


async def test_neither_the_secret_nor_the_token_is_repeated(
    acme: ScriptedProvider, bedrock: BedrockConverseWire
) -> None:
    message = f"The signature of AKIDEXAMPLE with {SECRET} and {TOKEN} does not match"
    headers = {"x-amzn-ErrorType": "InvalidSignatureException"}
    body = orjson.dumps({"message": message})
    url = plays(acme, body, status=403, content_type="application/json", headers=headers)
    call = a_call(connection=Connection(url, values=LENT))
    with pytest.raises(ModelRefused) as caught:
        await events_of(bedrock, call)
    assert caught.value.cause == "credentials"
    for secret in (SECRET, TOKEN):
        assert secret not in str(caught.value)
        assert secret not in repr(call)
