"""The text of a run on stdout, as it comes.

A chat app's answer is written as it is. So is the one output of a workflow; several are told apart by their names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loomwork.dsl import Document
from loomwork.engine.events import TextChunk
from loomwork.interface.cli.screen import Screen

Labels = Mapping[str, Mapping[tuple[str, ...], str]]
"""For each end node with several outputs: their names, by the selector that each comes from."""


def output_labels(document: Document) -> Labels:
    """Which streamed text has to be told apart."""
    nodes = document.graph.nodes if document.graph is not None else ()
    found = {node.id: dict(_outputs(node.config)) for node in nodes if node.type == "end"}
    return {node_id: labels for node_id, labels in found.items() if len(labels) > 1}


def _outputs(config: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    rows = config.get("outputs")
    for row in rows if isinstance(rows, list) else ():
        selector = row.get("value_selector") if isinstance(row, Mapping) else None
        if isinstance(selector, list) and row.get("variable"):
            yield tuple(str(part) for part in selector), str(row["variable"])


@dataclass
class Spoken:
    """Writes text chunks, and at the end what no chunk said. `mid_line`: the last line written has no end yet."""

    screen: Screen
    labels: Labels
    mid_line: bool = False
    _anything: bool = False
    _current: str | None = None
    _told: set[str] = field(default_factory=set)

    def hear(self, chunk: TextChunk) -> None:
        labels = self.labels.get(chunk.node_id or "")
        if labels is None:
            self._write(chunk.text)
            return
        name = labels.get(tuple(chunk.source))
        # What has no source is the line end that the run puts between outputs; a heading says the same.
        if name is not None:
            self._head(name)
            self._write(chunk.text)

    def finish(self, outputs: Mapping[str, Any], answer: str | None) -> None:
        """Write what is still to be said of a run that has ended."""
        if self._told:
            left = {
                name: value for name, value in outputs.items() if name not in self._told and value not in (None, "")
            }
            self._write_outputs(left)
        elif not self._anything:
            if answer is not None or len(outputs) == 1:
                self._write(_as_text(answer if answer is not None else next(iter(outputs.values()))))
            else:
                self._write_outputs(outputs)
        self.end_line()

    def end_line(self) -> None:
        if self.mid_line:
            self._write("\n")

    def _write_outputs(self, outputs: Mapping[str, Any]) -> None:
        for name, value in outputs.items():
            self._head(name)
            self._write(_as_text(value))

    def _head(self, name: str) -> None:
        if name == self._current:
            return
        self.end_line()
        self.screen.say(("\n" if self._told else "") + f"{name}:\n")
        self._current = name
        self._told.add(name)

    def _write(self, text: str) -> None:
        if text:
            self.screen.say(text)
            self._anything = True
            self.mid_line = not text.endswith("\n")


def _as_text(value: Any) -> str:
    """A value for people: text as it is, all else as indented JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | Sequence) and value:
        return pretty_json(value)
    return plain_json(value)


def pretty_json(value: Any) -> str:
    return _json(value, indent=2)


def plain_json(value: Any) -> str:
    return _json(value, indent=None)


def _json(value: Any, *, indent: int | None) -> str:
    import json

    # Once through the encoder that knows files, so that what is shown is what `--json` says.
    from loomwork.interface.http.encoding import to_json

    return json.dumps(json.loads(to_json(value)), ensure_ascii=False, indent=indent)
