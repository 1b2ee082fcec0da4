"""`Sandbox` of a plugins service, from both ends of the line: code of apps runs on the machine of that service, in its
jail.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from loomwork.adapters.remote.line import Line
from loomwork.adapters.sandbox.runtime import shown_packages
from loomwork.model_gateway.api import BrokenExchange, ModelUnavailable, read_as
from loomwork.nodes.ports import CodeFailed, CodeLanguage, CodeRefused, Sandbox, SandboxFailed, SandboxLimits

JAIL = "remote"
NOT_UNDERSTOOD = "The plugins service is not understood"

CodeFailure = CodeFailed | CodeRefused
CodeDoor = Callable[[Mapping[str, Any]], Callable[[], Awaitable[Mapping[str, Any]]]]
"""Makes the work of a question; raises `BrokenExchange` for one that is none."""

_Language: Any = CodeLanguage


def code_door(sandbox: Sandbox) -> CodeDoor:
    """What a service hands its questions about code to. It answers with what the code has left, or why it has not."""

    def opened(asked: Mapping[str, Any]) -> Callable[[], Awaitable[Mapping[str, Any]]]:
        language, limits = read_as(_Language, asked.get("language")), read_as(SandboxLimits, asked.get("limits"))
        source, inputs = read_as(str, asked.get("source")), read_as(dict[str, Any], asked.get("inputs"))

        async def run() -> Mapping[str, Any]:
            try:
                return {"left": await sandbox.run(language, source, inputs, limits)}
            except (CodeFailed, CodeRefused) as error:
                return {"failed": {"code": error.code, "message": error.message}}

        return run

    return opened


class RemoteSandbox:
    """Implements `Sandbox`. Which jail holds code there, the service finds out: where it has none, calls are refused.
    Nothing falls back to this machine.
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    def missing(self) -> str | None:
        """This machine needs nothing to have code run elsewhere."""
        return None

    def known(self) -> tuple[str | None, str | None]:
        """Where code is held, as `JailedSandbox.known` says it."""
        return JAIL, None

    def packages(self) -> frozenset[str]:
        """Both sides are of one release, and are installed alike."""
        return frozenset(shown_packages())

    async def run(
        self, language: CodeLanguage, source: str, inputs: Mapping[str, Any], limits: SandboxLimits
    ) -> Mapping[str, Any]:
        """See `Sandbox.run`. A call that nobody waits for any more is ended on the other side."""
        asked = {"language": language, "source": source, "inputs": inputs, "limits": asdict(limits)}
        try:
            async with aclosing(self._line.ask("run_code", asked)) as lines:
                async for said in lines:
                    match said:
                        case {"result": {"left": dict(left)}}:
                            return left
                        case {"result": {"failed": {"code": str(code), "message": str(message)}}}:
                            raise _KINDS.get(code, SandboxFailed)(message)
                        case {"error": {"message": str(message)}}:
                            raise SandboxFailed(message)
                        case _:
                            raise SandboxFailed(f"{NOT_UNDERSTOOD}.")
        except ModelUnavailable as error:
            raise SandboxFailed(error.message) from None
        except BrokenExchange as problem:
            raise SandboxFailed(f"{NOT_UNDERSTOOD} ({problem}).") from None
        raise SandboxFailed("The plugins service ended its answer before it was complete.")

    async def close(self) -> None:
        """Close the connections. Used again afterwards, it begins afresh."""
        await self._line.close()


def _kinds(kind: type[CodeFailure]) -> Iterator[type[CodeFailure]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


_KINDS: Mapping[str, type[CodeFailure]] = {
    kind.code: kind for base in (CodeRefused, CodeFailed) for kind in _kinds(base)
}
