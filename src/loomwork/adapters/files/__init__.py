"""The bytes of files, from wherever they lie."""

from loomwork.adapters.files.reader import FileReader

__all__ = ["FileReader"]
