"""A run as it goes: its text on stdout, a line for each node on stderr."""

from collections.abc import Mapping
from typing import Any

from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from loomwork.dsl import Document
from loomwork.engine.events import (
    AgentStep,
    Event,
    NodeFailed,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    ReasoningChunk,
    TextChunk,
)
from loomwork.interface.cli.amounts import seconds
from loomwork.interface.cli.screen import Screen, harmless
from loomwork.interface.cli.spoken import Spoken, output_labels

TITLE_WIDTH = 28
TYPE_WIDTH = 20


class RunView:
    """Shows events in order. `speaks`: text goes to stdout. While text stands on the last line of the place that notes
    go to as well, lines about nodes wait until it has ended.
    """

    def __init__(self, screen: Screen, document: Document, *, speaks: bool) -> None:
        self._screen = screen
        self._spoken = Spoken(screen, output_labels(document)) if speaks else None
        self._types = {node.id: (node.title, node.type) for node in document.graph.nodes} if document.graph else {}
        self._running: dict[str, str] = {}
        self._held: list[Text] = []
        self._live: Live | None = None

    def see(self, event: Event) -> None:
        node_id = event.node_id or ""
        match event:
            case ReasoningChunk():
                pass
            case TextChunk():
                self._speak(event)
            case NodeStarted():
                self._running[node_id] = event.title
            case NodeSucceeded():
                self._end(node_id, "ok", event.elapsed_ms)
            case NodeFailed():
                self._fail(node_id, event)
            case NodeRetrying():
                reason = (event.error or {}).get("message", "")
                self._print(self._line("retry", node_id, f"attempt {event.attempt} failed, trying again: {reason}"))
            case AgentStep(kind="tool" | "notice") if event.tool is not None:
                said = "called" if event.kind == "tool" else "not there:"
                self._print(self._line("step", node_id, f"{said} {event.tool}", dim=True))
            case NodeSkipped():
                self._print(self._line("skip", node_id, "skipped", dim=True))
            case _:
                pass
        self._spin()

    def tell(self, line: Text) -> None:
        """A line that is not about a node; it waits as those do."""
        self._print(line)
        self._spin()

    def finish(self, outputs: Mapping[str, Any], answer: str | None) -> None:
        """The run has ended: say what its text did not, and the lines that waited."""
        self.close()
        if self._spoken is not None:
            self._spoken.finish(outputs, answer)
        self._release()

    def close(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._spoken is not None and self._screen.one_place:
            self._spoken.end_line()
        self._release()

    def _speak(self, chunk: TextChunk) -> None:
        if self._spoken is None:
            return
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._spoken.hear(chunk)

    def _end(self, node_id: str, kind: str, elapsed_ms: float, remark: str = "") -> None:
        self._running.pop(node_id, None)
        self._print(self._line(kind, node_id, seconds(elapsed_ms), remark))

    def _fail(self, node_id: str, failed: NodeFailed) -> None:
        """A failure that its error strategy took is told here; one that ends the run is told at the run's end."""
        code, message = failed.error.get("code", ""), failed.error.get("message", "")
        kind, remark = ("warn", f"{code}: {message}") if failed.handled else ("fail", code)
        self._end(node_id, kind, failed.elapsed_ms, remark)

    def _line(self, kind: str, node_id: str, what: str, remark: str = "", *, dim: bool = False) -> Text:
        title, node_type = self._types.get(node_id, (node_id, ""))
        line = self._screen.line(kind, _fitted(harmless(title), TITLE_WIDTH))
        line.append(f" {_fitted(harmless(node_type), TYPE_WIDTH)} {harmless(what)}", style="dim")
        if dim:
            line.stylize("dim")
        return line.append(f"  {harmless(remark)}") if remark else line

    def _print(self, line: Text) -> None:
        self._held.append(line)
        if not self._must_wait():
            self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        for line in held:
            self._screen.note(line)

    def _must_wait(self) -> bool:
        return self._screen.one_place and self._spoken is not None and self._spoken.mid_line

    def _spin(self) -> None:
        """Say what is going on now, where a person watches and no text is being written."""
        if not self._screen.err.isatty() or self._must_wait():
            return
        if self._live is None:
            if not self._running:
                return
            self._live = Live(console=self._screen.notes, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
        self._live.update(Spinner("dots", Text(" ".join(map(harmless, self._running.values())), style="dim")))


def _fitted(text: str, width: int) -> str:
    """The text in a column of this many cells, wide letters counted as two."""
    fitted = Text(text)
    fitted.truncate(width, overflow="ellipsis", pad=True)
    return fitted.plain
