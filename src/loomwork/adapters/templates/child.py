"""The process that renders templates: a line of JSON in, a line of JSON out, until its input ends.

It has no secrets in its environment and limits itself before it reads the first template. What a hostile template can
do to it is end it; the pool then starts another.
"""

import contextlib
import json
import sys
from functools import lru_cache
from typing import Any, TextIO

from loomwork.adapters.process_limits import limit_process
from loomwork.engine.variables.jinja import TemplateBroke, TemplateRefused, compile_anyhow

renderer = lru_cache(maxsize=64)(compile_anyhow)


def answer(line: str) -> dict[str, Any]:
    """Render one job: `source`, `values`, `limit`."""
    try:
        job = json.loads(line)
        text = renderer(job["source"])(job["values"])
    except (TemplateBroke, TemplateRefused) as error:
        return {"broke": str(error)}
    except (MemoryError, OverflowError, RecursionError):
        return {"costly": "The template needs more memory than a template may."}
    except Exception as error:  # noqa: BLE001 - a filter may raise anything; this process must answer all the same
        return {"broke": f"The template failed: {type(error).__name__}."}
    if len(text) > job["limit"]:
        return {"costly": f"The template made more than {job['limit']} characters."}
    return {"text": text}


def serve(jobs: TextIO, answers: TextIO) -> None:
    for line in jobs:
        answers.write(json.dumps(answer(line)) + "\n")
        answers.flush()


if __name__ == "__main__":
    limit_process(int(sys.argv[1]), int(sys.argv[2]))
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin, sys.stdout)
