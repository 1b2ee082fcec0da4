"""What is looked at before a library takes a document apart: how much would come of it."""

import io
import struct
import zipfile

MOST_ENTRIES = 10_000
MOST_UNPACKED = 256 << 20
MOST_POINTS = 50_000_000
"""Of an image: width by height."""

ENCRYPTED = 0x1
_OLE_PACKAGE = "EncryptedPackage".encode("utf-16-le")


class TooMuch(Exception):
    """More would come of it than one document may be; the message goes on behind its name."""


class Locked(Exception):
    """It wants a password."""


def check_archive(content: bytes) -> None:
    """Of files that are archives. What they say of themselves may be a lie: the limits of the process hold as well.
    Raises `TooMuch`, `Locked`, `zipfile.BadZipFile`.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise Locked
    if len(entries) > MOST_ENTRIES:
        raise TooMuch(f"is made of more than {MOST_ENTRIES} files")
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise TooMuch(f"unpacks to more than {MOST_UNPACKED >> 20} MiB")


def is_locked_office(content: bytes) -> bool:
    """Whether it is an office file that was packed into an encrypted one (MS-OFFCRYPTO)."""
    return content.startswith(b"\xd0\xcf\x11\xe0") and _OLE_PACKAGE in content


def check_image(content: bytes) -> None:
    """Raises `TooMuch` where an image that says its size in its first bytes is too large to be decoded."""
    width, height = _size(content)
    if width * height > MOST_POINTS:
        raise TooMuch(f"has {width} x {height} points, more than {MOST_POINTS // 1_000_000} million")


def _size(content: bytes) -> tuple[int, int]:
    """Of PNG, GIF, BMP, JPEG and WebP; nothing of others, whose decoding the limits of the process end."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        return struct.unpack(">II", content[16:24])
    if content.startswith(b"GIF8") and len(content) >= 10:
        return struct.unpack("<HH", content[6:10])
    if content.startswith(b"BM") and len(content) >= 26:
        width, height = struct.unpack("<ii", content[18:26])
        return abs(width), abs(height)
    if content.startswith(b"RIFF") and content[12:16] == b"VP8X" and len(content) >= 30:
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    return _size_of_jpeg(content) if content.startswith(b"\xff\xd8") else (0, 0)


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        place += 2 + max(2, length)
    return 0, 0
