"""What a server process never uses of its libraries, and would hold all the same."""

import sys
from collections.abc import Mapping
from typing import Any, cast

LEFT_OUT: Mapping[str, str] = {
    "pydantic.v1": "FastAPI looks whether a model is of this kind, and takes its absence for a no",
    "watchfiles": "uvicorn watches files with it to start anew when they change, or by itself where it is not there",
}
"""By module: who would import it, and what comes of it. Together 5 MB, and a thirtieth of a start."""


def leave_out() -> None:
    """Have an import of these fail, as if they were not installed. For a process that is a server and nothing else, as
    somebody else's may want them.
    """
    modules = cast(dict[str, Any], sys.modules)
    for name in LEFT_OUT:
        modules.setdefault(name, None)
