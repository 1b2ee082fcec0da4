"""The child process: loads one model file and serves it on loopback until its standard input ends.

Standard input carries one line, the `Order`; standard output one line back, `{"url": ...}`, once the model is loaded.
Where it cannot be, the process ends and says why on standard error. The parent keeps the input open for as long as it
lives: when it dies, however it dies, the pipe ends and so do we.
"""

import json
import os
import sys
import threading
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

MEGABYTES_OF_PROMPT_CACHE = 256


@dataclass(frozen=True, slots=True)
class Order:
    """What to serve. `context_size` is in tokens, for each of the `slots` that answer at the same time. `embeds`: the
    model makes vectors, and no text.
    """

    path: str
    api_key: str
    context_size: int
    slots: int
    decode_threads: int
    prefill_threads: int
    embeds: bool = False

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def main() -> None:
    """Serves until the parent is gone."""
    # llama.cpp prints to standard output, which is where our one line has to go alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = Order(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    server = _server(order)
    answers.write(json.dumps({"url": server.listening_address}) + "\n")
    answers.flush()
    threading.Event().wait()


def _end_with_the_parent() -> None:
    sys.stdin.read()
    # Not sys.exit: the library's threads are in the middle of their work, and none of it matters any more.
    os._exit(0)


def _server(order: Order) -> Any:
    # Imported here: it is heavy, and our parent imports this module for `Order`. By name: it has no types.
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = order.path
    params.n_parallel = order.slots
    # Each slot has a context of its own. One shared by all would fail every answer under way when it is full.
    params.kv_unified = False
    params.n_ctx = order.context_size * order.slots
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    # Decoding on every core collapses as soon as anything else runs (threads spin at barriers); prefill does not.
    params.cpuparams.n_threads = order.decode_threads
    params.cpuparams_batch.n_threads = order.prefill_threads
    params.cache_prompt = True
    params.cache_ram_mib = MEGABYTES_OF_PROMPT_CACHE
    params.fit_params = False
    params.warmup = False
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order.api_key]
    params.cors_origins = ""
    params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.verbosity = 1
    if order.embeds:
        _set_for_vectors(params, order)
    return xllamacpp.Server(params)


def _set_for_vectors(params: Any, order: Order) -> None:
    params.embedding = True
    # A text is read in one piece: every part of it looks at every other.
    params.n_batch = params.n_ubatch = order.context_size
    params.cache_prompt = False
    params.cache_ram_mib = 0
    # All cores, and none that spins while it waits for the others: spinning, two threads beside other work are slower
    # than one.
    params.cpuparams.n_threads = order.prefill_threads
    params.cpuparams.poll = params.cpuparams_batch.poll = 0


if __name__ == "__main__":
    main()
