"""zvec, in this process: the store of vectors where nothing is set up."""

from loomwork.adapters.vectors.zvec.store import ZvecStore

__all__ = ["ZvecStore"]
