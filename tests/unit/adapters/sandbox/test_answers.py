"""What a process says is read as the words of code, whatever it says."""

import pytest

from loomwork.adapters.sandbox.answers import read_answer
from loomwork.nodes.ports import CodeFailed, CodeMemoryExceeded, CodeNetworkForbidden, CodeOutputTooLarge


def read(answer: bytes) -> object:
    return read_answer(answer, too_large=lambda: CodeOutputTooLarge("Too large."), memory=1 << 20)


def test_outputs_are_taken() -> None:
    assert read(b'{"left": {"a": [1]}}') == {"a": [1]}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b'{"failed": {"kind": "output", "message": ""}}', CodeOutputTooLarge),
        (b'{"failed": {"kind": "memory", "message": "x"}}', CodeMemoryExceeded),
        (b'{"failed": {"kind": "network", "message": "x"}}', CodeNetworkForbidden),
        (b'{"failed": {"kind": "raised", "message": "x"}}', CodeFailed),
        (b'{"failed": {"kind": "sandbox_failed", "message": "x"}}', CodeFailed),
        (b'{"failed": {"kind": [], "message": {}}}', CodeFailed),
        (b'{"left": [1]}', CodeFailed),
        (b"[]", CodeFailed),
        (b"", CodeFailed),
        (b"\xff", CodeFailed),
        (b"[" * 100_000, CodeFailed),
        (b'{"left": {"a": ' + b"1" * 10_000 + b"}}", CodeFailed),
    ],
)
def test_everything_else_fails_the_call(answer: bytes, error: type[CodeFailed]) -> None:
    with pytest.raises(CodeFailed) as failed:
        read(answer)
    assert type(failed.value) is error


def test_a_message_has_an_end() -> None:
    with pytest.raises(CodeFailed) as failed:
        read(b'{"failed": {"kind": "raised", "message": "' + b"x" * 100_000 + b'"}}')
    assert len(failed.value.message) < 3000
