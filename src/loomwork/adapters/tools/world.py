"""What tools are given of the world."""

from dataclasses import dataclass, field

from loomwork.adapters.egress import Sockets
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.model_gateway.api import Models
from loomwork.nodes.ports import DocumentParser, Egress, FileBytes


@dataclass(frozen=True, slots=True)
class ToolWorld:
    """The gate, what reads documents, the bytes of files, the time, models where there are some, and where else than to
    the web one may connect.
    """

    egress: Egress
    documents: DocumentParser
    files: FileBytes
    clock: Clock = field(default_factory=SystemClock)
    models: Models | None = None
    sockets: Sockets | None = None
