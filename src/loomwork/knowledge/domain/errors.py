"""What goes wrong with knowledge."""

from loomwork.kernel.errors import LoomworkError


class DocumentUnusable(LoomworkError):
    """This document cannot be used, and trying again will not help; the message says why."""

    code = "document_unusable"


class DocumentTooLarge(DocumentUnusable):
    """The document needs more time or memory than one may, or holds more text."""

    code = "document_too_large"


class StoreFailed(LoomworkError):
    """The store of vectors or words did not do what it was asked; it may later."""

    code = "store_failed"


class StoreFull(StoreFailed):
    """The store has no room left."""

    code = "store_full"


class IndexMissing(LoomworkError):
    """The store has no such index."""

    code = "index_missing"


class StoreUnknown(LoomworkError):
    """No store of this kind is set up here; the message says which are, or what to install."""

    code = "store_unknown"
