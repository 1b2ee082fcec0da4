"""What a server of MCP is to us: where it is, and what lets us in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class McpServer:
    """`program` is started, where there is one, in the place of asking `url`. `label` is how it is called in sentences.
    `headers` let us in: they are secret, stand in no error, and go to no other host. `timeout` in seconds, of one
    question with all of its answer.
    """

    url: str
    label: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 60.0
    verify_tls: bool = True
    program: Sequence[str] = ()

    @property
    def secrets(self) -> list[str]:
        """What nobody is to see: values of headers, and the parts of them behind a scheme (`Bearer ...`)."""
        values = [value for value in self.headers.values() if value]
        return values + [value.partition(" ")[2] for value in values if " " in value]
