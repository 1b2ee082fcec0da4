"""The log of the HTTP server: who asked for what, without the part of an address that may carry a secret."""

import copy
import logging
from typing import Any

from uvicorn.config import LOGGING_CONFIG


class WithoutQuery(logging.Filter):
    """Cuts the query off the addresses in access lines: one-time links carry their token in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(each) if isinstance(each, str) else each for each in record.args)
        return True


def _without_query(text: str) -> str:
    path, question_mark, _ = text.partition("?")
    return f"{path}{question_mark}{'...' if question_mark else ''}"


def log_config() -> dict[str, Any]:
    """How the server logs, as `logging.config.dictConfig` takes it."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["filters"] = {"without_query": {"()": WithoutQuery}}
    config["handlers"]["access"]["filters"] = ["without_query"]
    return config
