"""The container of a `.vae` file: a ZIP archive in the one form in which this program writes it.

Members are stored one after the other without compression, dates or extra fields; then comes the directory.
Any ZIP program can read that. Ours takes no other form: every byte that is not content follows from the
members' names, sizes and checksums, and is compared with what it must be. That leaves no room for paths that
climb out of a folder, compression bombs, encryption, members that overlap or are listed twice, or bytes
before, between and after them, and no list of such tricks has to be kept.
"""

import os
import struct
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from training.language import tr

# PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _READABLE = 10, 3, 0o100644
_NO_TIME, _FIRST_DAY = 0, 1 << 5 | 1  # 1 January 1980: the same content gives the same bytes


class RefusedFileError(Exception):
    """Why a file is not opened, to go on from "… cannot be opened:"."""

    def __init__(self, reason: str, advice: str = "") -> None:
        self.reason = reason
        self.advice = advice
        super().__init__(reason)


def pack(members: Mapping[str, bytes]) -> bytes:
    """An archive of these members, in this order."""
    parts, directory = [], _Directory()
    for name, content in members.items():
        size, checksum = len(content), zlib.crc32(content)
        parts += [_local_header(name, size, checksum), content]
        directory.add(name, size, checksum)
    return b"".join([*parts, directory.as_bytes()])


class ArchiveReader:
    """Reads an archive from front to back, refusing what :func:`pack` would not have written.

    Args:
        file: opened for reading in binary mode.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = os.fstat(file.fileno()).st_size
        self._directory = _Directory()

    def read(self, name: str, most: int) -> bytes:
        """The next member's content.

        Args:
            name: what the next member must be called.
            most: bytes that it may have; more are not read.

        Raises:
            RefusedFileError: another member, a larger or a damaged one, or not such an archive at all.
        """
        header = self._take(_LOCAL.size + len(name))
        checksum, size = struct.unpack_from("<2I", header, 14)
        if header != _local_header(name, size, checksum):
            raise RefusedFileError(
                tr("it is not a model that VAE Desktop has saved, or it was changed since")
            )
        if size > most:
            raise RefusedFileError(tr("its {name} is larger than any that VAE Desktop makes", name=name))
        content = self._take(size)
        if zlib.crc32(content) != checksum:
            raise RefusedFileError(tr("its {name} is damaged", name=name))
        self._directory.add(name, size, checksum)
        return content

    def finish(self) -> None:
        """Raises :class:`RefusedFileError` unless the directory of the members read follows, and no more."""
        wanted = self._directory.as_bytes()
        if self._left > len(wanted) or self._take(len(wanted)) != wanted:
            raise RefusedFileError(tr("there is something else in it than a model, or it was changed"))

    def _take(self, size: int) -> bytes:
        content = self._file.read(size) if size <= self._left else b""
        self._left -= size
        if len(content) != size:
            raise RefusedFileError(tr("it is cut short"), tr("Copy or download it again."))
        return content


class _Directory:
    """The list of members at the end of an archive."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._offset = 0

    def add(self, name: str, size: int, checksum: int) -> None:
        fixed = (b"PK\1\2", _UNIX << 8 | _VERSION, *_about(name, size, checksum))
        entry = _ENTRY.pack(*fixed, 0, 0, 0, _READABLE << 16, self._offset)
        self._entries.append(entry + name.encode())
        self._offset += _LOCAL.size + len(name) + size

    def as_bytes(self) -> bytes:
        entries, count = b"".join(self._entries), len(self._entries)
        return entries + _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), self._offset, 0)


def _local_header(name: str, size: int, checksum: int) -> bytes:
    return _LOCAL.pack(b"PK\3\4", *_about(name, size, checksum)) + name.encode()


def _about(name: str, size: int, checksum: int) -> tuple[int, ...]:
    """What local header and directory say alike: version, flags, method, date, checksum, sizes, lengths."""
    return _VERSION, 0, 0, _NO_TIME, _FIRST_DAY, checksum, size, size, len(name), 0
