"""Where the process that runs a model of this machine stands."""

from typing import Literal

Memory = Literal["empty", "loading", "loaded"]
"""`empty` while there is none, `loading` until it can answer."""
