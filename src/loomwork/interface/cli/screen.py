"""Where commands write: answers on stdout, everything about them on stderr."""

import os
import re
import sys
from functools import cached_property
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from loomwork.interface.cli.naming import SHORT

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

GLYPHS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "-", "retry": "↻", "stop": "■", "wait": "…", "step": "→"}
PLAIN_GLYPHS = {
    "ok": "ok",
    "warn": "!",
    "fail": "x",
    "skip": "-",
    "retry": "~",
    "stop": "#",
    "wait": "...",
    "step": ">",
}
STYLES = {
    "ok": "green",
    "warn": "yellow",
    "fail": "red",
    "skip": "dim",
    "retry": "yellow",
    "stop": "yellow",
    "wait": "dim",
    "step": "dim",
}


def harmless(text: str) -> str:
    """Text without what would steer a terminal: what an app or a model says must not move the cursor."""
    return _CONTROLS.sub("", text)


class Screen:
    """The two streams of this process, as they are now. Text that a stream's encoding lacks is shown as `?`."""

    def __init__(self) -> None:
        self.out = _tolerant(sys.stdout)
        self.err = _tolerant(sys.stderr)
        self.console = Console(file=self.out, markup=False, highlight=False, emoji=False)
        self.notes = Console(file=self.err, markup=False, highlight=False, emoji=False)
        if not self.out.isatty():
            # Nobody's window decides how wide a pipe is.
            self.console.width = max(self.console.width, 200)

    @cached_property
    def one_place(self) -> bool:
        """Whether answers and notes appear in the same place, so that one can break into the other: a terminal, or
        the file or pipe that both were sent to (`2>&1`).
        """
        return (self.out.isatty() and self.err.isatty()) or _same_file(self.out, self.err)

    def say(self, text: str) -> None:
        """Write a piece of an answer, at once and as it is."""
        self.out.write(harmless(text) if self.out.isatty() else text)
        self.out.flush()

    def data(self, line: bytes) -> None:
        """Write bytes for a program, at once; JSON is UTF-8 whatever the terminal's encoding."""
        self.out.flush()
        buffer = getattr(self.out, "buffer", None)
        if buffer is None:
            self.out.write(line.decode("utf-8", "replace"))
        else:
            buffer.write(line)
            buffer.flush()
        self.out.flush()

    def json(self, value: Any) -> None:
        """Write one line of JSON."""
        # Here, because most commands need neither it nor what it brings along.
        from loomwork.interface.http.encoding import to_json

        self.data(to_json(value) + b"\n")

    def show(self, renderable: RenderableType) -> None:
        """Print for people, on stdout."""
        self.console.print(renderable, soft_wrap=isinstance(renderable, Text))

    def note(self, renderable: RenderableType) -> None:
        """Print about the answer, on stderr."""
        self.notes.print(renderable, soft_wrap=isinstance(renderable, str | Text))

    def done(self, sentence: str) -> None:
        """Note that what was asked for is done."""
        self.note(self.line("ok", sentence))

    def id(self, whole: str) -> str:
        """An id for a list: its end in a terminal, where commands take that as well; whole for a program."""
        return whole[-SHORT:] if self.out.isatty() else whole

    def mark(self, kind: str) -> Text:
        """A coloured sign for ok, warn, fail, skip, retry, stop or wait."""
        return Text().append(self._glyphs[kind], style=STYLES[kind])

    def line(self, kind: str, *parts: str | Text) -> Text:
        """A sign and what it is about."""
        line = self.mark(kind)
        for part in parts:
            line.append(" ")
            line.append_text(part if isinstance(part, Text) else Text(harmless(part)))
        return line

    @property
    def _glyphs(self) -> dict[str, str]:
        return GLYPHS if (self.err.encoding or "").lower().replace("-", "") == "utf8" else PLAIN_GLYPHS


def _same_file(one: TextIO, other: TextIO) -> bool:
    try:
        return os.path.sameopenfile(one.fileno(), other.fileno())
    except (OSError, ValueError):
        # A stream that was put in the place of the real one has no file.
        return False


def _tolerant(stream: TextIO) -> TextIO:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    return stream
