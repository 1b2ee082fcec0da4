"""`make bench`: every figure that we state, measured here and now. ARGS="engines capacity" measures only those."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import capacity, code, durable, engines, fairness, gateway, local, startup

RESULTS = Path(__file__).resolve().parent / "results"
WIDTH = 120
"""Characters in a line where the output is not a terminal."""


def main() -> int:
    """Measure, print, keep the figures, and say by the exit status whether the bars are held."""
    chosen = asked()
    RESULTS.mkdir(exist_ok=True)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    held = [PARTS[part](console) for part in PARTS if part in chosen]
    return 0 if all(held) else 1


def asked() -> set[str]:
    """The parts that the command line names. Exits with 2 and a sentence where there is no such part."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure what is claimed, beside the peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    parts = set(parser.parse_args().parts or PARTS)
    unknown = sorted(parts - set(PARTS))
    if unknown:
        parser.error(f"there is no part '{unknown[0]}'; use any of {', '.join(PARTS)}")
    return parts


def _engines(console: Console) -> bool:
    figures = engines.measure()
    _keep("engines", figures)
    return engines.show(figures, console)


def _journal(console: Console) -> bool:
    figures = durable.measure(RESULTS)
    _keep("journal", figures)
    return durable.show(figures, console)


def _capacity(console: Console) -> bool:
    figures = capacity.measure(RESULTS)
    _keep("capacity", figures)
    return capacity.show(figures, console)


def _code(console: Console) -> bool:
    figures = code.measure()
    _keep("code", figures)
    return code.show(figures, console)


def _fairness(console: Console) -> bool:
    figures = fairness.measure(RESULTS)
    _keep("fairness", figures)
    return fairness.show(figures, console)


def _gateway(console: Console) -> bool:
    figures = gateway.measure()
    _keep("gateway", figures)
    return gateway.show(figures, console)


def _local(console: Console) -> bool:
    figures = local.measure()
    _keep("local", figures)
    return local.show(figures, console)


def _startup(console: Console) -> bool:
    figures = startup.measure()
    _keep("startup", [figures])
    return startup.show(figures, console)


def _keep(part: str, figures: list[Any]) -> None:
    """The figures for a file, beside those of other parts."""
    text = json.dumps([asdict(item) for item in figures], indent=2)
    (RESULTS / f"{part}.json").write_text(text, encoding="utf-8")


PARTS: dict[str, Callable[[Console], bool]] = {
    "engines": _engines,
    "journal": _journal,
    "capacity": _capacity,
    "code": _code,
    "fairness": _fairness,
    "gateway": _gateway,
    "local": _local,
    "startup": _startup,
}

if __name__ == "__main__":
    sys.exit(main())
