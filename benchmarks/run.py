"""`make bench`: every figure that we state, measured here and now."""

import sys
from pathlib import Path

from rich.console import Console

from benchmarks import engines, startup

RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    """Measure, print, keep the figures, and say by the exit status whether the bars are held."""
    console = Console()
    RESULTS.mkdir(exist_ok=True)
    figures = engines.measure()
    fast = engines.show(figures, console)
    (RESULTS / "engines.json").write_text(engines.as_json(figures), encoding="utf-8")
    started = startup.measure()
    held = startup.show(started, console)
    return 0 if fast and held else 1


if __name__ == "__main__":
    sys.exit(main())
