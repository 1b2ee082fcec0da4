"""Bodies in pieces, never larger than allowed: servers compress whether or not they were asked not to."""

import zlib
from typing import Protocol

from loomwork.nodes.ports import EgressFailed, EgressTooLarge

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
BARE_DEFLATE = -zlib.MAX_WBITS


class _Inflating(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...


class BoundedBody:
    """Takes a body as it comes and keeps it decoded, up to `limit` bytes. Raises `EgressTooLarge` beyond that, and
    `EgressFailed` for what cannot be decoded.
    """

    def __init__(self, encoding: str, *, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._size = 0
        self._is_deflate = encoding == "deflate"
        self._inflater: _Inflating | None = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._inflater = zlib.decompressobj(GZIP_OR_ZLIB)
        elif encoding not in ("", "identity"):
            raise EgressFailed("The answer is compressed in a way that was not asked for.")

    def feed(self, piece: bytes) -> None:
        if self._inflater is None:
            self._keep(piece)
            return
        try:
            self._inflate(piece)
        except zlib.error:
            raise EgressFailed("The answer is compressed, and cannot be unpacked.") from None

    @property
    def content(self) -> bytes:
        return bytes(self._kept)

    def taken(self) -> bytes:
        """What has come since the last time; it is not kept any longer, and counts all the same."""
        kept, self._kept = bytes(self._kept), bytearray()
        return kept

    def _inflate(self, piece: bytes) -> None:
        if not piece:
            return
        assert self._inflater is not None
        if self._is_deflate and not _begins_zlib(piece):
            self._inflater = zlib.decompressobj(BARE_DEFLATE)
        self._is_deflate = False
        while piece:
            self._keep(self._inflater.decompress(piece, self._limit - self._size + 1))
            piece = self._inflater.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise EgressTooLarge(f"The answer is larger than {self._limit} bytes.")
        self._kept += piece


def _begins_zlib(piece: bytes) -> bool:
    """ "deflate" is zlib by RFC 9110, and bare deflate from many servers."""
    return piece[0] & 0x0F == 8 and (len(piece) < 2 or int.from_bytes(piece[:2], "big") % 31 == 0)
