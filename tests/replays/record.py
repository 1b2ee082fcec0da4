"""Records scenarios that have no file yet: `python -m tests.replays.record [NAME]...`. Never writes over a file."""

import asyncio
import sys

from tests.replays.living import live
from tests.replays.recording import path_of, write_recording
from tests.replays.scenarios import SCENARIOS


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        print(f"There is no scenario {unknown[0]!r}. There are: {', '.join(SCENARIOS)}.", file=sys.stderr)
        return 2
    there = [name for name in names if path_of(name).exists()]
    if there:
        print(f"{path_of(there[0])} is there already, and is never written over.", file=sys.stderr)
        return 1
    for name in names or [name for name in SCENARIOS if not path_of(name).exists()]:
        write_recording(path_of(name), asyncio.run(live(SCENARIOS[name])))
        print(f"recorded {path_of(name)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
