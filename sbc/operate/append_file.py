"""A file of lines that only grows, and holds whole lines however the process or the disk ends.

An append is all or nothing: it is on the disk when the call returns, and after a failure the file
is cut back to what it was. A line that a crash left half written is cut off, and counted, when the
file is opened.
"""

import json
import os
from pathlib import Path

_BLOCK = 65_536


class AppendFile:
    """Not safe for several writers: the journal's lock keeps the spool to one process."""

    __slots__ = ("_descriptor", "_size", "path", "torn")

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.path = path
        self.torn = 0
        """Half lines found on opening."""
        new = not path.exists()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            self._size = self._repaired()
            if new:
                sync_directory(path.parent)
        except OSError:
            os.close(self._descriptor)
            raise

    @property
    def size(self) -> int:
        return self._size

    def moved(self) -> bool:
        """Someone renamed or removed the file: what is appended now, nobody would find."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return True
        here = os.fstat(self._descriptor)
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)

    def append(self, data: bytes) -> None:
        """Raises OSError, and has then changed nothing that a later append does not mend."""
        try:
            # A failed fsync may have dropped the pages it could not write (Linux does), so that
            # nothing after `_size` is trusted again: every append starts by cutting there.
            os.ftruncate(self._descriptor, self._size)
            written = 0
            while written < len(data):
                chunk = memoryview(data)[written:]
                written += os.pwrite(self._descriptor, chunk, self._size + written)
            os.fsync(self._descriptor)
        except OSError:
            self._cut_back()
            raise
        self._size += len(data)

    def close(self) -> None:
        os.close(self._descriptor)

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            return  # the next append begins with the same cut

    def _repaired(self) -> int:
        """Ends the file with a line end, and returns its size."""
        size = os.fstat(self._descriptor).st_size
        start = self._last_line_start(size)
        if start == size:
            return size
        tail = os.pread(self._descriptor, size - start, start)
        if _is_whole(tail):  # only the line end was lost
            os.pwrite(self._descriptor, b"\n", size)
            size += 1
        else:
            self.torn = 1
            os.ftruncate(self._descriptor, start)
            size = start
        os.fsync(self._descriptor)
        return size

    def _last_line_start(self, size: int) -> int:
        """Just after the last line end; a file may be large, so it is searched backwards."""
        end = size
        while end > 0:
            begin = max(0, end - _BLOCK)
            found = os.pread(self._descriptor, end - begin, begin).rfind(b"\n")
            if found >= 0:
                return begin + found + 1
            end = begin
        return 0


def replace_file(path: Path, data: bytes) -> None:
    """The new content or the old one, never a mixture. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    file = AppendFile(fresh)
    try:
        file.append(data)
    finally:
        file.close()
    fresh.rename(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """A new name is on the disk only when its directory is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
